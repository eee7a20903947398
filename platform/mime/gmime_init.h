#pragma once

namespace plazo::mime {

// Makes GMime ready, once a process; it is never shut down. Thread-safe.
void InitGMime();

}  // namespace plazo::mime
