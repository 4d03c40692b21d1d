//! Walks a music library, probes files and brings them into the store.
