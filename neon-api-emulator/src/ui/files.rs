//! The files of the page.

/// A file, and its media type.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

static FILES: [File; 7] = [
    File {
        path: "/",
        kind: "text/html; charset=utf-8",
        text: include_str!("page/index.html"),
    },
    File {
        path: "/ui/page.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("page/page.css"),
    },
    File {
        path: "/ui/icon.svg",
        kind: "image/svg+xml",
        text: include_str!("page/icon.svg"),
    },
    File {
        path: "/ui/page.js",
        kind: SCRIPT,
        text: include_str!("page/page.js"),
    },
    File {
        path: "/ui/dom.js",
        kind: SCRIPT,
        text: include_str!("page/dom.js"),
    },
    File {
        path: "/ui/projects.js",
        kind: SCRIPT,
        text: include_str!("page/projects.js"),
    },
    File {
        path: "/ui/side.js",
        kind: SCRIPT,
        text: include_str!("page/side.js"),
    },
];

pub(super) fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::BASE_PATH;
    use crate::ui::DATA;

    #[test]
    fn no_path_is_one_of_the_api() {
        let paths = FILES.iter().map(|file| file.path);
        for path in paths.chain([DATA]) {
            assert!(!path.starts_with(BASE_PATH), "{path}");
            assert!(path == "/" || path.starts_with("/ui/"), "{path}");
        }
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere_and_writes_no_html() {
        for File { path, text, .. } in &FILES {
            // The name of a vocabulary, which is not loaded.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for banned in [
                "http://",
                "https://",
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                " style=",
                " onclick=",
                "@import",
            ] {
                assert!(!text.contains(banned), "{path}: {banned}");
            }
        }
    }
}
