#pragma once

// The commands that FakeRedis understands, over its data. Pure functions.

#include <string>
#include <vector>

#include "platform/redis/fake/fake_redis.h"

namespace plazo::redis {

// args[0] is the command's name in any case.
Reply RunFakeCommand(FakeRedis::Data& data, const std::vector<std::string>& args);

}  // namespace plazo::redis
