// TLS and mutual TLS over a real port, with certificates made on the spot.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>

#include "platform/base/file.h"
#include "platform/rpc/client.h"
#include "platform/rpc/server.h"
#include "plazo/testing/v1/echo.grpc.pb.h"

namespace plazo::rpc {
namespace {

using plazo::testing::v1::EchoRequest;
using plazo::testing::v1::EchoResponse;
using plazo::testing::v1::EchoService;

class Echo final : public EchoService::CallbackService {};

std::string Pem(const std::function<int(BIO*)>& write) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  EXPECT_EQ(write(bio.get()), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

// Writes <name>.pem and <name>.key: a certificate for 127.0.0.1 that signs itself.
TlsFiles MakeCertificate(const std::string& folder, const std::string& name) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, key.get());
  X509_NAME* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, subject);
  for (const auto& [nid, value] : {std::pair{NID_subject_alt_name, "IP:127.0.0.1"},
                                   std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }
  EXPECT_GT(X509_sign(x, key.get(), EVP_sha256()), 0);
  const TlsFiles files{folder + "/" + name + ".pem", folder + "/" + name + ".key", ""};
  EXPECT_TRUE(WriteFileAtomically(files.certificate,
                                  Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, x); }))
                  .ok());
  EXPECT_TRUE(WriteFileAtomically(files.key, Pem([&](BIO* bio) {
                                    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr,
                                                                    nullptr, 0, nullptr, nullptr);
                                  }))
                  .ok());
  return files;
}

class TlsTest : public ::testing::Test {
 protected:
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  static std::string NewFolder() {
    char name[] = "/tmp/plazo-tls-XXXXXX";
    return mkdtemp(name);
  }

  // UNIMPLEMENTED comes from the service, so the connection stood.
  grpc::StatusCode Call(const Server& server, bool use_tls, TlsFiles tls) {
    const auto channel = OpenChannel({.address = server.address(),
                                      .use_tls = use_tls,
                                      .tls = std::move(tls),
                                      .max_attempts = 1});
    EXPECT_TRUE(channel.ok()) << channel.status();
    grpc::ClientContext context;
    Prepare(context, absl::Seconds(5));
    EchoResponse response;
    return EchoService::NewStub(*channel)->Echo(&context, EchoRequest(), &response).error_code();
  }

  const std::string folder_ = NewFolder();
  const TlsFiles server_files_ = MakeCertificate(folder_, "server");
  const TlsFiles client_files_ = MakeCertificate(folder_, "client");
  Echo echo_;
};

TEST_F(TlsTest, TheServerIsKnownByItsCertificate) {
  const auto server = Server::Start({.tls = server_files_}, {&echo_});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(Call(**server, true, {.ca = server_files_.certificate}),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(Call(**server, true, {.ca = client_files_.certificate}), grpc::StatusCode::UNAVAILABLE)
      << "another authority";
  EXPECT_EQ(Call(**server, false, {}), grpc::StatusCode::UNAVAILABLE) << "plain text";
}

TEST_F(TlsTest, TheClientMustShowOneWhereTheServerAsksForIt) {
  TlsFiles files = server_files_;
  files.ca = client_files_.certificate;
  const auto server = Server::Start({.tls = files}, {&echo_});
  ASSERT_TRUE(server.ok()) << server.status();
  TlsFiles mine = client_files_;
  mine.ca = server_files_.certificate;
  EXPECT_EQ(Call(**server, true, mine), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(Call(**server, true, {.ca = server_files_.certificate}), grpc::StatusCode::UNAVAILABLE)
      << "no certificate";
}

TEST_F(TlsTest, ACaAloneMakesNoServer) {
  EXPECT_EQ(Server::Start({.tls = {.ca = server_files_.certificate}}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace plazo::rpc
