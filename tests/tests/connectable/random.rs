//! Servers that send anything: no panic, no wait beyond the deadline, nothing secret.

use std::time::Duration;

use futures_util::future::join_all;
use neon_api::Error;

use crate::scripts::{Act, PASSWORD, Scripted, message, sasl};
use crate::world::World;

/// A sequence that is the same in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.next(most);
        (0..length)
            .map(|_| u8::try_from(self.next(256)).unwrap())
            .collect()
    }

    fn act(&mut self) -> Act {
        const TAGS: &[u8] = b"RRRREENSKZTDvC\x00\xff";
        match self.next(6) {
            0 => Act::Send(self.bytes(40)),
            1 => sasl(&["SCRAM-SHA-256"]),
            2 => Act::Read,
            3 => {
                // An authentication message of some kind.
                let kind = u32::try_from(self.next(14)).unwrap();
                let mut body = kind.to_be_bytes().to_vec();
                body.extend(self.bytes(60));
                message(b'R', &body)
            }
            _ => {
                let tag = TAGS[self.next(TAGS.len())];
                let body = self.bytes(80);
                message(tag, &body)
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_response_is_too_strange() {
    let server = Scripted::start(
        "localhost",
        b'N',
        std::sync::Arc::new(|number| {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (u64::try_from(number).unwrap() << 17 | 1));
            (0..8).map(|_| dice.act()).collect()
        }),
    )
    .await;
    let world = World::new(&server.at("127.0.0.1"));
    let mut refused = 0;
    while server.connections() < 200 {
        let one = || {
            let connectable = world.connectable().plaintext_on_loopback(true);
            connectable.timeout(Duration::from_millis(300)).send()
        };
        for outcome in join_all((0..20).map(|_| one())).await {
            match outcome {
                Err(Error::Connect(_)) => refused += 1,
                Err(error) => assert!(error.is_timeout(), "{error}"),
                Ok(_) => {}
            }
        }
    }
    assert!(refused > 20);
    let raw = server.raw();
    assert!(!String::from_utf8_lossy(&raw).contains(PASSWORD));
}
