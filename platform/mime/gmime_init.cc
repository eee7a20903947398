#include "platform/mime/gmime_init.h"

#include <gmime/gmime.h>

#include <mutex>

namespace plazo::mime {

void InitGMime() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

}  // namespace plazo::mime
