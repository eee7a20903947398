// Charsets, HTML and quoting: what turns bytes into what a person wrote.

#include <gtest/gtest.h>

#include "platform/mime/charset.h"
#include "platform/mime/html_text.h"
#include "platform/mime/visible_reply.h"

namespace plazo::mime {
namespace {

TEST(Charset, ScrubMakesValidUtf8) {
  EXPECT_EQ(ScrubUtf8("a\xff\xc3\xb1\xe2\x82"), "a\uFFFDñ\uFFFD\uFFFD");
  EXPECT_EQ(ScrubUtf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(ScrubUtf8("\xc0\xaf"), "\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(ScrubUtf8(std::string_view("a\0b", 3)), "ab");
  EXPECT_TRUE(IsValidUtf8("\xf0\x9f\x98\x80"));
  EXPECT_FALSE(IsValidUtf8("\xf5\x80\x80\x80"));
}

struct CharsetCase {
  const char* charset;
  std::string_view bytes;
  const char* expected;
};

TEST(Charset, Decode) {
  const CharsetCase cases[] = {
      {"utf-8", "a\xc3\xb1o", "año"},
      {"", "a\xf1o", "año"},
      {"us-ascii", "a\xc3\xb1o", "año"},
      {"iso-8859-1", "a\xc3\xb1o", "año"},
      {"koi8-u", "\xd0\x9f\xd1\x80\xd0\xb8", "При"},
      {"iso-8859-1", "\x80uro a\xf1o", "€uro año"},
      {"windows-1251", "\xcf\xf0\xe8\xe2\xb3\xf2", "Привіт"},
      {"koi8-u", "\xf0\xd2\xc9\xd7\xa6\xd4", "Привіт"},
      {"", "\xcf\xf0\xe8\xe2\xb3\xf2", "Привіт"},
      {"x-nonsense", "\xf0\xd2\xc9\xd7\xa6\xd4", "Привіт"},
      {"gb2312", "\xd6\xec\xe9\x46\xbb\xf9 \xa2\xe3", "朱镕基 €"},
      {"shift_jis", "\x83T\x81[\x83o", "サーバ"},
      {"utf-16", std::string_view("\xfe\xff\0a\xd8\x3d\xde\0", 8), "a\U0001F600"},
      {"utf-7", "Ya+APE-a", "Yaña"},
      {"", "\x1b$B%5!<%P\x1b(B", "サーバ"},
      {"../../etc/passwd", "abc", "abc"},
  };
  for (const CharsetCase& c : cases)
    EXPECT_EQ(DecodeText(c.bytes, c.charset), c.expected) << c.charset;
}

TEST(Charset, LongTextsKeepCharactersAtChunkEnds) {
  std::string utf16("\xfe\xff", 2);
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    utf16.append(std::string_view("\0a\xd8\x3d\xde\0", 6));
    expected.append("a\U0001F600");
  }
  EXPECT_EQ(DecodeText(utf16, "utf-16"), expected);
}

struct TextCase {
  const char* from;
  const char* to;
};

TEST(HtmlToText, Cases) {
  const TextCase cases[] = {
      {"a<br>b<br/>c", "a\nb\nc"},
      {"<p>a</p>\n <p>b</p>", "a\n\nb"},
      {"<div>a</div><div>b</div>", "a\nb"},
      {"a  \n b", "a b"},
      {"<b>a</b>b <i> c</i>", "ab c"},
      {"<pre>a  b\n c</pre>", "a  b\n c"},
      {"<ul><li>a<li><p>b</p></ul>c", "- a\n- b\n\nc"},
      {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
      {"x<script>if (a<b) alert('</b>')</script>y<style>z</style>", "xy"},
      {"<style>never closed <p>text</p>", "never closed\n\ntext"},
      {"<!-- hidden -->a<!-- never closed b", "a<!-- never closed b"},
      {"<!DOCTYPE html><?xml x?><![if !mso]>a<![endif]>", "a"},
      {"&lt;b&gt; &amp;amp; &#241;&#xF1;&ntilde; &bogus; &euro;", "<b> &amp; ñññ &bogus; €"},
      {"&#0;&#x110000;&#xD800;a", "\uFFFD\uFFFDa"},
      {"a < b and c > d", "a < b and c > d"},
      {"<a href=\"https://x.example/\">x.example</a>", "x.example"},
      {"<a href='http://x.example/a?b=1&amp;c'>here</a>.", "here (http://x.example/a?b=1&c)."},
      {"<a href=\"javascript:alert(1)\">js</a> <a href=mailto:a@b>mail</a>", "js mail"},
      {"<a href=https://x.example/y>unclosed", "unclosed (https://x.example/y)"},
      {"<img alt=\">\" src='a>b'>after", "after"},
      {"<a title='never ends>text</a>", "text"},
      {"a<blockquote>b<blockquote>c</blockquote></blockquote>d", "a\n\n> b\n>\n> > c\n\nd"},
      {"a&nbsp;&nbsp;b&shy;c\xE2\x80\x8B", "a bc\xE2\x80\x8B"},
      {"cut <", "cut <"},
      {"cut <a hre", "cut <a hre"},
      {"", ""},
  };
  for (const TextCase& c : cases) {
    std::string text = HtmlToText(c.from);
    for (std::size_t at; (at = text.find("> \n")) != std::string::npos;) text.erase(at + 1, 1);
    EXPECT_EQ(text, c.to) << c.from;
  }
}

TEST(HtmlDeclaredCharset, BothForms) {
  EXPECT_EQ(HtmlDeclaredCharset("<head><META charset='koi8-u'>"), "koi8-u");
  EXPECT_EQ(HtmlDeclaredCharset(
                "<meta name=x><meta http-equiv=a content=\"text/html; charset=windows-1251\">"),
            "windows-1251");
  EXPECT_EQ(HtmlDeclaredCharset("<p>charset=x"), "");
}

TEST(VisibleReply, Cases) {
  const TextCase cases[] = {
      {"just text\n", "just text"},
      {"new\n\n> old\n> older\n", "new"},
      {"new\n\nOn Tue, 3 Mar 2026 at 10:00, S <s@h.example> wrote:\n> old\n", "new"},
      {"new\n\nOn Tue, 3 Mar 2026 at 10:00, Support Team\n<support@h.example> wrote:\n\n> old\n",
       "new"},
      {"new\n> On 3 Mar 2026, at 10:00, S <s@h.example> wrote:\n> \n> old\n", "new"},
      {"nuevo\n\nEl 3 mar 2026, a las 10:00, S <s@h.example> escribió:\n\nviejo sin marcas\n",
       "nuevo"},
      {"nuovo\n\nIl giorno mar 3 mar 2026 alle ore 10:00 S <s@h.example>\nha scritto:\n\n> "
       "vecchio\n",
       "nuovo"},
      {"нове\n\nвт, 3 бер. 2026 р. о 10:00 S <s@h.example> пише:\n> старе\n", "нове"},
      {"нове\n\n3 березня 2026, 10:00:00, від \"S\" <s@h.example>:\n\nстаре\n", "нове"},
      {"новое\n\nВт, 3 мар. 2026 г. в 10:00, S <s@h.example> написал:\n> старое\n", "новое"},
      {"new\n\n-----Original Message-----\nFrom: S\nold\n", "new"},
      {"nuevo\n\n-----Mensaje original-----\nviejo\n", "nuevo"},
      {"нове\n\n-------- Оригінальне повідомлення --------\nстаре\n", "нове"},
      {"new\n\n________________________________\nFrom: S <s@h.example>\nSent: Tuesday\nTo: "
       "A\nSubject: x\n\nold\n",
       "new"},
      {"nuevo\n\n*De:* S\n*Enviado:* martes\n*Para:* A\n*Asunto:* x\n\nviejo\n", "nuevo"},
      {"нове\n\nВід: S\nНадіслано: вівторок\nКому: A\nТема: x\n\nстаре\n", "нове"},
      {"text\n-- \nAna\nTel. 1\n", "text"},
      {"text\n\nSent from my iPhone\n", "text"},
      {"texto\n\nEnviado desde mi iPhone\n\n> viejo\n", "texto"},
      {"testo\n\nInviato da iPad\n", "testo"},
      {"текст\n\nНадіслано з iPhone\n", "текст"},
      {"text\n\nGet Outlook for iOS\n", "text"},
      {"> q1\n\na1\n\n> q2\n\na2\n", "a1\n\na2"},
      // Nothing new in it: the whole text.
      {"> all quoted\n", "> all quoted"},
      {"---------- Forwarded message ---------\nFrom: x\n\nhello\n",
       "---------- Forwarded message ---------\nFrom: x\n\nhello"},
      {"-- \nonly a signature\n", "-- \nonly a signature"},
      // What only looks like a mark.
      {"On Monday I rebooted it and John wrote:\nit works\n",
       "On Monday I rebooted it and John wrote:\nit works"},
      {"From: the panel I cannot log in\nthanks\n", "From: the panel I cannot log in\nthanks"},
      {"Sent from my iPhone it works but from the webmail of your panel it never does\n",
       "Sent from my iPhone it works but from the webmail of your panel it never does"},
      {"The log said:\n--\n", "The log said:"},
      {"", ""},
  };
  for (const TextCase& c : cases) EXPECT_EQ(VisibleReply(c.from), c.to) << c.from;
}

}  // namespace
}  // namespace plazo::mime
