#include "platform/mime/address.h"

#include <gtest/gtest.h>

namespace plazo::mime {
namespace {

TEST(ValidAddress, Accepts) {
  for (const char* address :
       {"a@b.example", "first.last+tag@sub.host.example", "o'neil@b.example", "abuse@b.example",
        "A@B.EXAMPLE", "\"a@b\"@c.example", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]",
        "a@xn--bcher-kva.example", "1@2.example"}) {
    EXPECT_TRUE(ValidAddress(address).ok()) << address;
  }
}

TEST(ValidAddress, Refuses) {
  const std::string long_local(65, 'a');
  const std::string long_domain = "a@" + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
                                  std::string(63, 'd') + "." + std::string(63, 'e') + ".example";
  for (const std::string& address : {std::string(""),
                                     std::string("a"),
                                     std::string("@b.example"),
                                     std::string("a@"),
                                     std::string("a@b"),
                                     std::string("a@@b.example"),
                                     std::string(".a@b.example"),
                                     std::string("a.@b.example"),
                                     std::string("a..c@b.example"),
                                     std::string("a b@c.example"),
                                     std::string("a@b c.example"),
                                     std::string("a@-b.example"),
                                     std::string("a@b-.example"),
                                     std::string("a@b..example"),
                                     std::string("a@b.example."),
                                     std::string("<a@b.example>"),
                                     std::string("a,c@b.example"),
                                     std::string("a@b.example\r\nRCPT TO:<x@y.example>"),
                                     std::string("a\n@b.example"),
                                     std::string("a\0@b.example", 12),
                                     std::string("\"a\"b\"@c.example"),
                                     std::string("\"\"@c.example"),
                                     std::string("a@[]"),
                                     std::string("a@[x]"),
                                     std::string("ñ@b.example"),
                                     std::string("a@ñ.example"),
                                     long_local + "@b.example",
                                     long_domain,
                                     "a@" + std::string(64, 'b') + ".example"}) {
    EXPECT_FALSE(ValidAddress(address).ok()) << address;
  }
}

TEST(ValidAddress, ErrorDoesNotRepeatTheAddress) {
  EXPECT_EQ(std::string(ValidAddress("secret person@b.example").message()).find("secret"),
            std::string::npos);
}

TEST(NormalizeAddress, ForComparison) {
  EXPECT_EQ(NormalizeAddress(" <Ana.P@Cliente.EXAMPLE.> "), "ana.p@cliente.example");
  EXPECT_EQ(NormalizeAddress(" Ana.P@Cliente.EXAMPLE. "), "ana.p@cliente.example");
  EXPECT_EQ(NormalizeAddress("<a@b.example>"), NormalizeAddress("A@B.example"));
}

}  // namespace
}  // namespace plazo::mime
