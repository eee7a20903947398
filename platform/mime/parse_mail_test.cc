#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <functional>

#include "platform/mime/charset.h"
#include "platform/mime/parsed_mail.h"

namespace plazo::mime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

ParsedMail Parse(std::string_view bytes, const ParseLimits& limits = {}) {
  absl::StatusOr<ParsedMail> mail = ParseMail(bytes, limits);
  EXPECT_TRUE(mail.ok()) << mail.status();
  return mail.ok() ? *std::move(mail) : ParsedMail();
}

std::string Repeat(std::string_view s, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(s);
  return out;
}

TEST(ParseMail, RefusesWhatIsNoMail) {
  EXPECT_EQ(ParseMail("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseMail("\r\n\r\n").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseMail("no field here\n").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseMail(std::string(5000, '\0')).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseMail, RefusesWhatIsBeyondALimitAndSaysWhich) {
  const std::string mail = "From: a@b.example\nSubject: x\n\nbody\n";
  EXPECT_THAT(ParseMail(mail, {.max_bytes = 10}).status().message(),
              HasSubstr("larger than 10 bytes"));
  EXPECT_THAT(ParseMail(mail, {.max_headers = 1}).status().message(),
              HasSubstr("more than 1 header"));
  EXPECT_THAT(ParseMail(mail, {.max_header_bytes = 9}).status().message(),
              HasSubstr("header is larger"));
  EXPECT_EQ(ParseMail(mail, {.max_headers = 1}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ParseMail, ReadsEveryReceivedHeaderWithItsTime) {
  const ParsedMail mail = Parse(
      "Received: from b by c; Tue, 3 Mar 2026 10:00:05 +0100 (CET)\n"
      "Received: from a by b\n"
      "\twith SMTP; 3 Mar 2026 08:59:00 GMT\n"
      "Received: nonsense; not a date\n"
      "Received: no semicolon\n"
      "From: a@b.example\n\nx\n");
  ASSERT_THAT(mail.received, SizeIs(4));
  EXPECT_EQ(mail.received[0].time, absl::FromUnixSeconds(1772528405));
  EXPECT_EQ(mail.received[1].time, absl::FromUnixSeconds(1772528340));
  EXPECT_EQ(mail.received[1].raw, "from a by b with SMTP; 3 Mar 2026 08:59:00 GMT");
  EXPECT_EQ(mail.received[2].time, std::nullopt);
  EXPECT_EQ(mail.received[3].time, std::nullopt);
}

TEST(ParseMail, KeepsWhatIntakeJudgesTrustBy) {
  const ParsedMail mail = Parse(
      "Return-Path: <a@b.example>\nDelivered-To: s@h.example\nAuthentication-Results: h; "
      "dmarc=pass\n"
      "Authentication-Results: other; dmarc=fail\nFrom: \"A\" <a@b.example>\nSender: "
      "x@b.example\n\nx\n");
  EXPECT_EQ(mail.return_path, "a@b.example");
  EXPECT_THAT(mail.delivered_to, ElementsAre("s@h.example"));
  EXPECT_THAT(mail.authentication_results, ElementsAre("h; dmarc=pass", "other; dmarc=fail"));
  EXPECT_EQ(mail.from.name, "A");
  EXPECT_EQ(mail.sender, "x@b.example");
  EXPECT_EQ(Parse("Return-Path: <>\nFrom: a@b.example\n\nx").return_path, "");
  EXPECT_EQ(Parse("From: a@b.example\n\nx").return_path, std::nullopt);
}

// Found by fuzzing: such a reason could be written to the log, and not be read from it.
TEST(ParseMail, AReasonIsTextWhateverTheHeaderHolds) {
  const ParsedMail mail = Parse("From: a@b.example\nAuto-Submitted: auto\xc2replied" +
                                std::string(1000, 'x') + "\n\nhello\n");
  EXPECT_TRUE(mail.auto_reply);
  EXPECT_TRUE(IsValidUtf8(mail.auto_reply_reason));
  EXPECT_LE(mail.auto_reply_reason.size(), 210u);
}

TEST(ParseMail, NoReplySenderIsTheWeakMark) {
  const ParsedMail weak = Parse("From: no-reply@m.example\nSubject: x\n\nx");
  EXPECT_TRUE(weak.auto_reply);
  EXPECT_TRUE(weak.auto_reply_weak);
  const ParsedMail strong = Parse("From: no-reply@m.example\nPrecedence: bulk\n\nx");
  EXPECT_TRUE(strong.auto_reply);
  EXPECT_FALSE(strong.auto_reply_weak);
  EXPECT_FALSE(Parse("From: abuse@m.example\nAuto-Submitted: no\nSubject: x\n\nx").auto_reply);
}

TEST(ParseMail, OutOfOfficeSubjectsInFourLanguages) {
  for (const char* subject :
       {"Out of Office", "Automatic reply: Hi", "Fuera de la oficina: vuelvo el lunes",
        "Risposta automatica: Fattura", "Fuori sede", "Автоматична відповідь: Сервер"}) {
    EXPECT_TRUE(Parse(std::string("From: a@b.example\nSubject: ") + subject + "\n\nx").auto_reply)
        << subject;
  }
  for (const char* subject : {"Out of office replies do not work", "Re: automatic reply setup",
                              "Fuori sede il router", "Відповідь на лист"}) {
    EXPECT_FALSE(Parse(std::string("From: a@b.example\nSubject: ") + subject + "\n\nx").auto_reply)
        << subject;
  }
}

TEST(ParseMail, SuccessReportIsNoBounce) {
  const ParsedMail mail = Parse(
      "From: MAILER-DAEMON@b.example\nSubject: Successful Mail Delivery Report\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
      "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; b\n\n"
      "Final-Recipient: rfc822; c@b.example\nAction: relayed\nStatus: 2.0.0\n--b--\n");
  EXPECT_FALSE(mail.bounce.is);
  EXPECT_TRUE(mail.auto_reply);
}

TEST(ParseMail, DeliveryStatusAttachedByACustomerIsNoBounce) {
  const ParsedMail mail = Parse(
      "From: c@b.example\nSubject: look at this\nContent-Type: multipart/mixed; boundary=b\n\n"
      "--b\n\nWhat is this?\n--b\nContent-Type: message/delivery-status\n\n"
      "Final-Recipient: rfc822; c@b.example\nAction: failed\nStatus: 5.1.1\n--b--\n");
  EXPECT_FALSE(mail.bounce.is);
  EXPECT_EQ(mail.text, "What is this?");
}

TEST(ParseMail, FileNamesInEveryForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"filename=plain.txt", "plain.txt"},
      {"filename=\"with \\\"quotes\\\" and; more.txt\"", "with quotes and; more.txt"},
      {"filename*=UTF-8''fa%C3%A7ade%20x.pdf", "façade x.pdf"},
      {"filename*0=\"long na\"; filename*1=\"me.txt\"", "long name.txt"},
      {"filename*0*=koi8-u'uk'%F0%D2; filename*1*=%C9%D7.txt", "Прив.txt"},
      {"filename=\"=?utf-8?B?w7HDsQ==?= =?utf-8?B?LnR4dA==?=\"", "ññ.txt"},
      {"filename==?iso-8859-1?Q?a=F1o=2Epdf?=", "año.pdf"},
      {"filename=\"a\xf1o.pdf\"", "año.pdf"},
      {"filename=a b c.pdf", "a b c.pdf"},
      {"filename=\"../../etc/passwd\"", "passwd"},
      {"filename=\".htaccess\"", "htaccess"},
      {"filename=\"\"", "attachment-1.bin"},
      {"filename=\"///\"", "attachment-1.bin"},
  };
  for (const auto& [parameter, expected] : cases) {
    const ParsedMail mail =
        Parse(std::string("From: a@b.example\nContent-Type: "
                          "application/x-any\nContent-Disposition: attachment; ") +
              parameter + "\n\nx");
    ASSERT_THAT(mail.attachments, SizeIs(1)) << parameter;
    EXPECT_EQ(mail.attachments[0].filename, expected) << parameter;
  }
}

TEST(ParseMail, FooterBehindBase64IsNoPartOfIt) {
  const std::string head = "From: a@b.example\nContent-Transfer-Encoding: base64\n\n";
  EXPECT_EQ(Parse(head + "aGVsbG8g\nd29ybGQ=\n\n-- \nlist footer, really\n").text, "hello world");
  EXPECT_EQ(Parse(head + "\n\naGVsbG8g\n\nd29ybGQ=\n").text, "hello world");
}

TEST(ParseMail, PartsAndDepthBeyondTheLimitAreLeftOut) {
  std::string many =
      "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n";
  many += Repeat("--b\nContent-Disposition: attachment\n\nx\n", 5000);
  const ParsedMail mail = Parse(many);
  EXPECT_EQ(mail.text, "first");
  EXPECT_TRUE(mail.truncated);
  EXPECT_LE(mail.attachments.size(), ParseLimits().max_parts);

  std::string deep = "From: a@b.example\n";
  for (int i = 0; i < 3000; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  EXPECT_TRUE(Parse(deep + "\ntoo deep").truncated);
}

TEST(ParseMail, AttachmentBytesAreTheOriginalOnes) {
  const ParsedMail mail = Parse(
      "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
      "Content-Type: Image/PNG\nContent-Disposition: attachment; "
      "filename=\"..\\\\..\\\\evil/../shot.png\"\n"
      "Content-Transfer-Encoding: BASE64\n\niVBORw0KGgoAAAANSUhEUg==\n--b--\n");
  ASSERT_THAT(mail.attachments, SizeIs(1));
  EXPECT_EQ(mail.attachments[0].bytes, std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16));
  EXPECT_EQ(mail.attachments[0].filename, "shot.png");
  EXPECT_EQ(mail.attachments[0].content_type, "image/png");
  EXPECT_EQ(mail.text, "");
}

// Work grows with the size only: four times the input must not take much more than four times as
// long.
TEST(ParseMail, EvilInputTakesLinearTime) {
  const std::string head = "From: a@b.example\n";
  const std::string html = head + "Content-Type: text/html\n\n";
  const std::function<std::string(int)> inputs[] = {
      [&](int n) { return html + Repeat("<div>", n) + "x" + Repeat("</div>", n); },
      [&](int n) { return html + Repeat("<blockquote>x", n); },
      [&](int n) { return html + Repeat("<a href=\"http://h.example/\">", n); },
      [&](int n) { return html + Repeat("<!--", n); },
      [&](int n) { return html + Repeat("<style>", n); },
      [&](int n) { return html + Repeat("<a =\">\"", n) + " ='"; },
      [&](int n) { return html + Repeat("<a b='", n) + Repeat("<a b=\"", n); },
      [&](int n) { return html + Repeat("<", n) + Repeat("&", n) + Repeat("&#", n); },
      [&](int n) {
        return head + "\n" + Repeat("> \n\n", n) + Repeat("\n", n) + Repeat(" \n> q\n", n);
      },
      [&](int n) { return head + "\n" + Repeat("On 2026\n", n); },
      [&](int n) { return head + "\n" + Repeat("From: \n", n); },
      [&](int n) { return head + "Subject: " + Repeat("=?x", n) + "?=" + "\n\nx"; },
      [&](int n) { return head + "Subject: " + Repeat("=?a?q?", n) + "\n\nx"; },
      [&](int n) { return head + "To: " + Repeat("a,", n) + "\n\nx"; },
      [&](int n) { return head + "To: " + Repeat("(", n) + Repeat("\"", n) + "\n\nx"; },
      [&](int n) { return head + "To: " + Repeat("x", n) + "@" + Repeat(":", n) + "\n\nx"; },
      [&](int n) { return head + "References: " + Repeat("<", n) + "\n\nx"; },
      [&](int n) { return head + "Content-Type: text/plain" + Repeat("; a=b", n) + "\n\nx"; },
      [&](int n) {
        return head + "Content-Type: multipart/mixed; boundary=b\n\n" + Repeat("--b", n) + "\n";
      },
      [&](int n) {
        return head + "Content-Type: multipart/mixed; boundary=-\n\n--a\n" + Repeat("-", 4 * n);
      },
      [&](int n) { return head + "Content-Type: multipart/mixed\n\n" + Repeat("--b\n", n); },
  };
  const ParseLimits limits{.max_header_bytes = 64u << 20};
  const auto seconds = [&limits](const std::string& input) {
    const std::clock_t begin = std::clock();  // CPU time: the machine may be busy
    Parse(input, limits);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  for (std::size_t i = 0; i < std::size(inputs); ++i) {
    // Quadratic work on 160 000 repetitions would be many seconds; linear work is some 20 ms.
    EXPECT_LT(seconds(inputs[i](160'000)), 1.0) << "input " << i;
  }
}

TEST(ParseMail, ManyLinksAreKept) {
  const ParsedMail mail = Parse("From: a@b.example\nContent-Type: text/html\n\n" +
                                Repeat("<a href='https://h.example/q'>go</a> ", 5000));
  EXPECT_THAT(mail.text, HasSubstr("go (https://h.example/q) go (https://h.example/q)"));
  EXPECT_GT(mail.text.size(), 5000u * 20);
}

}  // namespace
}  // namespace plazo::mime
