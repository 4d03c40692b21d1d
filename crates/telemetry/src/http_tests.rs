use super::*;
use musefs_contracts::meter::Meter;
use musefs_contracts::metric::TREE_NODES;

const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Sends a request as it stands and returns all of the answer.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn metrics_are_served_with_their_media_type_and_length() {
    let registry = Registry::new();
    let nodes = registry.gauge(&TREE_NODES);
    let server = serve(LOCAL, Arc::clone(&registry)).unwrap();
    for n in [5, 6] {
        nodes.set(n);
        let answer = ask(server.address(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
        assert!(body.contains(&format!("\nmusefs_tree_nodes {n}\n")), "{body}");
    }
}

#[test]
fn a_query_is_ignored_and_head_gives_no_body() {
    let server = serve(LOCAL, Registry::new()).unwrap();
    let answer = ask(server.address(), "GET /metrics?x=1 HTTP/1.1\r\n\r\n");
    assert!(answer.contains("musefs_uptime_seconds"));
    let answer = ask(server.address(), "HEAD /metrics HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn other_paths_and_methods_are_refused() {
    let server = serve(LOCAL, Registry::new()).unwrap();
    for path in ["/", "/metrics/", "/metricsx", "//metrics"] {
        let answer = ask(server.address(), &format!("GET {path} HTTP/1.1\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    let answer = ask(server.address(), "POST /metrics HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(ask(server.address(), "\r\n\r\n").starts_with("HTTP/1.1 405 "));
}

#[test]
fn a_client_that_says_nothing_or_too_much_holds_up_nobody_for_good() {
    let server = serve(LOCAL, Registry::new()).unwrap();
    drop(TcpStream::connect(server.address()).unwrap());
    let mut endless = TcpStream::connect(server.address()).unwrap();
    // The server hangs up somewhere in here, which the writer may or may not get to see.
    let _ = endless.write_all(&vec![b'x'; MAX_HEAD * 4]);
    let answer = ask(server.address(), "GET /metrics HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn dropping_it_frees_the_address() {
    let server = serve(LOCAL, Registry::new()).unwrap();
    let address = server.address();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_address_in_use_is_named() {
    let server = serve(LOCAL, Registry::new()).unwrap();
    let error = serve(server.address(), Registry::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");
}
