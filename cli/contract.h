#pragma once

// The methods of the contract by name.

#include <google/protobuf/descriptor.h>

#include <string>

namespace plazo::cli {

// "plazo.intake.v1.AgentService.Reply"; nullptr when there is no such method. Unlike the generated
// pool alone it knows every service, also those no other code refers to (a linker would leave them
// out).
const google::protobuf::MethodDescriptor* FindMethod(const std::string& full_name);

}  // namespace plazo::cli
