//! What the kernel knows of the sockets of a port: events on the wire that neither end reports.

use std::net::SocketAddr;

const ESTABLISHED: u8 = 0x01;
const CONNECTING: u8 = 0x02;
const LISTENING: u8 = 0x0A;

/// A line of `/proc/net/tcp`.
struct Socket {
    local_port: u16,
    remote_port: u16,
    state: u8,
    /// Bytes that the other end has not acknowledged.
    unacknowledged: u64,
    /// Bytes that the program has not read; of a listener, connections that it has not accepted.
    unread: u64,
}

fn sockets() -> Vec<Socket> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().skip(1).map(parse).collect()
}

fn parse(line: &str) -> Socket {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let second = |field: &str| u64::from_str_radix(field.split_once(':').unwrap().1, 16).unwrap();
    let (unacknowledged, _) = fields[4].split_once(':').unwrap();
    Socket {
        local_port: u16::try_from(second(fields[1])).unwrap(),
        remote_port: u16::try_from(second(fields[2])).unwrap(),
        state: u8::from_str_radix(fields[3], 16).unwrap(),
        unacknowledged: u64::from_str_radix(unacknowledged, 16).unwrap(),
        unread: second(fields[4]),
    }
}

/// How many connections wait to be accepted.
pub(crate) fn waiting(server: SocketAddr) -> u64 {
    let all = sockets().into_iter();
    all.filter(|socket| socket.state == LISTENING && socket.local_port == server.port())
        .map(|socket| socket.unread)
        .sum()
}

/// How many clients wait for a connection.
pub(crate) fn connecting(server: SocketAddr) -> usize {
    let all = sockets().into_iter();
    all.filter(|socket| socket.state == CONNECTING && socket.remote_port == server.port())
        .count()
}

/// Whether clients have read all that a server has written.
pub(crate) fn is_read(server: SocketAddr) -> bool {
    // One after the other: what is acknowledged is there for the client to read.
    let is_acknowledged = !sockets().iter().any(|socket| {
        socket.state == ESTABLISHED
            && socket.local_port == server.port()
            && socket.unacknowledged > 0
    });
    let is_unread = |socket: &Socket| {
        socket.state == ESTABLISHED && socket.remote_port == server.port() && socket.unread > 0
    };
    is_acknowledged && !sockets().iter().any(is_unread)
}
