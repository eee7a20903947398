#include "platform/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace plazo {

void SystemRandom::Fill(void* data, size_t size) {
  auto* out = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = getrandom(out, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // no kernel we run on lacks it; going on without randomness would be worse
    }
    out += got;
    size -= static_cast<size_t>(got);
  }
}

}  // namespace plazo
