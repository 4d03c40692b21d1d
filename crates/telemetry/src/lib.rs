//! The metrics registry of musefs and its Prometheus document.
