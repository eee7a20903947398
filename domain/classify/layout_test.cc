#include "domain/classify/layout.h"

#include <gtest/gtest.h>

#include "domain/classify/text.h"

namespace plazo::classify {
namespace {

LayoutReader Reader() {
  policy::v1::Layout layout;
  for (const char* s : {"wrote", "escribió", "ha scritto", "пише", "написав"})
    layout.add_attributions(s);
  for (const char* s : {"original message", "forwarded message"}) layout.add_separators(s);
  for (const char* s : {"best regards", "з повагою", "sent from my"}) layout.add_closings(s);
  LayoutReader reader;
  reader.Add(layout);
  return reader;
}

std::string New(std::string_view body) {
  std::string text;
  const std::string folded = FoldCase(body);
  for (const Segment& segment : Reader().Split(folded)) {
    if (segment.kind == LineKind::kNew) text += segment.text;
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

struct Row {
  const char* name;
  const char* body;
  const char* fresh;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class NewText : public ::testing::TestWithParam<Row> {};

TEST_P(NewText, IsWhatTheSenderWroteNow) {
  EXPECT_EQ(New(GetParam().body), FoldCase(GetParam().fresh));
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, NewText,
    ::testing::Values(
        Row{"a plain message stays whole", "Hello.\nIt is down.", "Hello.\nIt is down."},
        Row{"lines with > are quoted", "Thanks\n> it was down\n> sorry", "Thanks"},
        Row{"the attribution goes with them, en", "Hi\n\nOn 2 June, Support wrote:\n> down", "Hi"},
        Row{"the attribution goes with them, es",
            "Hola\n\nEl 3 de junio, Soporte escribió:\n> caído", "Hola"},
        Row{"the attribution goes with them, it",
            "Ok\n\nIl giorno 4 il supporto ha scritto:\n> giù", "Ok"},
        Row{"the attribution goes with them, uk", "Так\n\n02.06 підтримка пише:\n> лежить", "Так"},
        Row{"an attribution wrapped over two lines",
            "Hi\n\nOn Mon, 3 Jun 2024, Support\n<s@x.example> wrote:\n> down", "Hi"},
        Row{"an attribution without > ends the text",
            "Hi\n\nOn 2 June 2024, s@x.example wrote:\nit was down", "Hi"},
        Row{"an answer below the quote stays", "> down?\nYes, still.", "Yes, still."},
        Row{"a colon after a verb is no attribution", "My boss wrote:\nplease call me",
            "My boss wrote:\nplease call me"},
        Row{"an original message is forwarded", "See below\n-----Original Message-----\nIt is down",
            "See below"},
        Row{"a signature after two dashes", "Hi\n--\nJoe\nSome Ltd", "Hi"},
        Row{"a closing with short lines after it", "Please help\n\nBest regards,\nJoe\nSome Ltd",
            "Please help"},
        Row{"a closing in Ukrainian", "Допоможіть\n\nЗ повагою, Іван", "Допоможіть"},
        Row{"a telephone's line", "It is slow\n\nSent from my iPhone", "It is slow"},
        Row{"headers that were pasted in",
            "Spam:\nReceived: from a\n\tby b\nSubject: Your payment\nStop it", "Spam:Stop it"},
        Row{"one word with a colon is no header", "Subject: my site\nIt is down",
            "Subject: my site\nIt is down"}));

TEST(Split, CoversEveryLine) {
  const std::string body = "a\n> b\nc\n";
  size_t bytes = 0;
  for (const Segment& segment : Reader().Split(body)) bytes += segment.text.size();
  EXPECT_EQ(bytes, 6U);  // all but the line ends between segments
}

}  // namespace
}  // namespace plazo::classify
