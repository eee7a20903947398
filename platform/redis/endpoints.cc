#include "platform/redis/endpoints.h"

#include "platform/redis/pool.h"

namespace plazo::redis {

Endpoints Endpoints::Open(const std::vector<std::string>& addresses,
                          const ConnectionOptions& common, size_t pool_size) {
  std::vector<std::unique_ptr<Redis>> members;
  for (const std::string& address : addresses) {
    ConnectionOptions options = common;
    options.address = address;
    if (pool_size == 0) {
      members.push_back(std::make_unique<Connection>(std::move(options)));
    } else {
      members.push_back(std::make_unique<Pool>(options, pool_size));
    }
  }
  return Endpoints(std::move(members));
}

}  // namespace plazo::redis
