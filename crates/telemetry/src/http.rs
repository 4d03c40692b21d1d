//! The document over HTTP: `GET /metrics`.
//!
//! One thread answers one client after the other, each for a bounded time and a bounded request, and closes the connection:
//! that is all a scraper needs, and no number of clients makes the process grow.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Registry;

/// Media type of the Prometheus text format 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Longest request head that is read.
const MAX_HEAD: usize = 8 << 10;
/// Longest time that one client is given.
const PATIENCE: Duration = Duration::from_secs(2);

/// A running endpoint. Dropping it ends it.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Serves `registry` at `http://address/metrics`. Port 0 lets the system choose one.
///
/// An address that cannot be had is an error whose message names it.
pub fn serve(address: SocketAddr, registry: Arc<Registry>) -> io::Result<HttpServer> {
    let listener = TcpListener::bind(address)
        .map_err(|e| io::Error::new(e.kind(), format!("metrics cannot be served on {address}: {e}")))?;
    let address = listener.local_addr()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = std::thread::Builder::new()
        .name("musefs-http".into())
        .spawn(move || answer_all(&listener, &registry, &stopped))?;
    Ok(HttpServer { address, stop, thread: Some(thread) })
}

impl HttpServer {
    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // The thread waits in `accept`: a connection of our own wakes it.
        let mut own = self.address;
        if own.ip().is_unspecified() {
            own.set_ip(match own {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        let woken = TcpStream::connect_timeout(&own, PATIENCE).is_ok();
        if let Some(thread) = self.thread.take()
            && woken
        {
            // A panic of that thread has been reported by the panic hook; there is nothing left to do about it.
            let _ = thread.join();
        }
    }
}

fn answer_all(listener: &TcpListener, registry: &Registry, stop: &AtomicBool) {
    loop {
        let client = listener.accept();
        if stop.load(Ordering::Acquire) {
            return;
        }
        let answered = client.and_then(|(stream, _)| answer(stream, registry));
        if let Err(error) = answered {
            tracing::debug!(%error, "a request for metrics failed");
            // Without descriptors `accept` fails at once, again and again, until one is given back.
            if error.raw_os_error().is_some_and(|code| code == EMFILE || code == ENFILE) {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

const ENFILE: i32 = rustix::io::Errno::NFILE.raw_os_error();
const EMFILE: i32 = rustix::io::Errno::MFILE.raw_os_error();

fn answer(mut stream: TcpStream, registry: &Registry) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let Some(head) = read_head(&mut stream)? else { return Ok(()) };
    let mut line = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let (status, body) = match (method, path) {
        ("GET" | "HEAD", "/metrics") => ("200 OK", registry.render()),
        ("GET" | "HEAD", _) => ("404 Not Found", "The metrics are at /metrics.\n".to_owned()),
        _ => ("405 Method Not Allowed", "Only GET is answered.\n".to_owned()),
    };
    let kind = if status.starts_with("200") { TEXT } else { "text/plain; charset=utf-8" };
    let length = body.len();
    let mut response = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
    if status.starts_with("405") {
        response.push_str("Allow: GET, HEAD\r\n");
    }
    response.push_str("Connection: close\r\n\r\n");
    if method != "HEAD" {
        response.push_str(&body);
    }
    stream.write_all(response.as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)
}

/// The request up to its empty line, or `None` if the client went, is too slow or says too much.
fn read_head(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let until = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || head.len() > MAX_HEAD {
            return Ok(None);
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk)? {
            0 => return Ok(None),
            n => head.extend_from_slice(&chunk[..n]),
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
