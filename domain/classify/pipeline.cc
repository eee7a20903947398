#include "domain/classify/pipeline.h"

#include <algorithm>

namespace plazo::classify {
namespace {

// Below this many words of their own, a forward's or a quote's text is read too.
constexpr size_t kFewWords = 4;
constexpr size_t kMaxSubject = 1024;
// Above this share of the evidence, one language's words are enough.
constexpr double kSureOfLanguage = 0.65;

size_t NewWords(const Text& text) {
  return static_cast<size_t>(std::count_if(text.tokens.begin(), text.tokens.end(),
                                           [](const Token& t) { return t.part == Part::kNew; }));
}

// `subject` comes from FoldCase().
bool IsReply(std::string_view subject) {
  static constexpr std::string_view kMarks[] = {
      "re:", "rv:", "res:", "r:", "fwd:", "fw:", "i:", "rif:", "відп:", "на:"};
  const std::string_view start =
      subject.substr(std::min(subject.find_first_not_of(" "), subject.size()));
  return std::any_of(std::begin(kMarks), std::end(kMarks),
                     [&](std::string_view m) { return start.starts_with(m); });
}

// Concepts that no word makes: from the message's form and from what the customer chose.
constexpr std::string_view kMeta[] = {
    "meta.financial", "meta.technical", "meta.high_priority", "meta.chat",      "meta.short",
    "meta.question",  "meta.headers",   "meta.vps",           "meta.dedicated", "meta.shared",
    "meta.url",       "meta.ip",        "meta.money",         "meta.long",      "meta.reply"};

}  // namespace

ConceptId Pipeline::Intern(const std::string& name) {
  const auto [entry, fresh] =
      concept_by_name_.try_emplace(name, static_cast<ConceptId>(concept_names_.size()));
  if (fresh) concept_names_.push_back(name);
  return entry->second;
}

absl::Status Pipeline::AddLanguage(const policy::v1::Lexicon& lexicon) {
  if (languages_.languages().size() == LanguageReader::kMaxLanguages) {
    return absl::InvalidArgumentError("too many languages");
  }
  languages_.Add(lexicon);
  return AddWords(lexicon, by_language_.emplace_back());
}

absl::Status Pipeline::AddShared(const policy::v1::Lexicon& lexicon) {
  // Each language's index holds the shared words too, so that a text is gone through once.
  absl::Status first = absl::OkStatus();
  for (PhraseIndex& index : by_language_) {
    const absl::Status status = AddWords(lexicon, index);
    if (first.ok()) first = status;
  }
  return first;
}

absl::Status Pipeline::AddWords(const policy::v1::Lexicon& lexicon, PhraseIndex& index) {
  std::string errors;
  for (const policy::v1::Concept& entry : lexicon.concepts()) {
    const ConceptId id = Intern(entry.name());
    for (const std::string& expression : entry.words()) {
      const absl::Status status = index.Add(expression, id);
      if (!status.ok()) errors += "\n  " + entry.name() + ": " + std::string(status.message());
    }
  }
  return errors.empty() ? absl::OkStatus() : absl::InvalidArgumentError(errors);
}

absl::Status Pipeline::AddRules(const policy::v1::Lexicon& lexicon) {
  std::string errors;
  const auto note = [&](const absl::Status& status) {
    if (!status.ok()) errors += "\n  " + std::string(status.message());
  };
  for (const policy::v1::Intent& intent : lexicon.intents()) note(rules_.AddIntent(intent));
  for (const policy::v1::Rule& rule : lexicon.rules()) note(rules_.AddRule(rule, concept_by_name_));
  for (const std::string& name : lexicon.deniable()) {
    if (!concept_by_name_.contains(name))
      note(absl::InvalidArgumentError("deniable: no concept \"" + name + "\""));
  }
  if (lexicon.has_model()) note(model_.Load(lexicon.model()));
  return errors.empty() ? absl::OkStatus() : absl::InvalidArgumentError(errors);
}

void Pipeline::MakeReader(const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons) {
  std::vector<bool> deniable(concept_names_.size());
  std::vector<bool> is_cue(concept_names_.size());
  for (const policy::v1::Lexicon& lexicon : lexicons) {
    for (const std::string& name : lexicon.deniable()) deniable[concept_by_name_.at(name)] = true;
  }
  for (size_t c = 0; c < concept_names_.size(); ++c)
    is_cue[c] = concept_names_[c].starts_with("cue.");
  const auto find = [&](const char* name) {
    const auto found = concept_by_name_.find(name);
    return found == concept_by_name_.end() ? Cues::kNoConcept : found->second;
  };
  reader_ = std::make_unique<Reader>(Cues{.negation = find("cue.negation"),
                                          .denial = find("cue.denial"),
                                          .contrast = find("cue.contrast"),
                                          .elsewhere = find("cue.elsewhere"),
                                          .here = find("cue.here"),
                                          .condition = find("cue.condition"),
                                          .aside = find("cue.aside"),
                                          .main_point = find("cue.main_point"),
                                          .request = find("cue.request"),
                                          .past = find("cue.past")},
                                     std::move(deniable), std::move(is_cue));
}

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Build(
    const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline);
  for (const std::string_view name : kMeta) pipeline->Intern(std::string(name));
  std::string errors;
  const auto note = [&](const policy::v1::Lexicon& lexicon, const absl::Status& status) {
    if (status.ok()) return;
    errors += "lexicon \"" + (lexicon.language().empty() ? "shared" : lexicon.language()) + "\": ";
    errors.append(status.message().data(), status.message().size()).append("\n");
  };
  for (const policy::v1::Lexicon& lexicon : lexicons) {
    pipeline->layout_.Add(lexicon.layout());
    if (!lexicon.language().empty()) note(lexicon, pipeline->AddLanguage(lexicon));
  }
  for (const policy::v1::Lexicon& lexicon : lexicons) {
    if (lexicon.language().empty()) note(lexicon, pipeline->AddShared(lexicon));
  }
  for (const policy::v1::Lexicon& lexicon : lexicons) note(lexicon, pipeline->AddRules(lexicon));
  if (pipeline->by_language_.empty()) errors += "no lexicon names a language\n";
  if (pipeline->rules_.intents().empty()) errors += "no lexicon has intents\n";
  if (!errors.empty()) return absl::InvalidArgumentError(errors);
  pipeline->MakeReader(lexicons);
  for (const IntentEntry& intent : pipeline->rules_.intents()) {
    std::vector<std::array<int, kFields>>& all = pipeline->combinations_;
    if (std::find(all.begin(), all.end(), intent.answers) == all.end())
      all.push_back(intent.answers);
  }
  pipeline->features_ =
      std::make_unique<FeatureMaker>(pipeline->concept_names_, pipeline->rules_.intents());
  return pipeline;
}

size_t Pipeline::ReadText(const Message& message, Text& text) const {
  const std::string body = FoldCase(CutToBytes(message.body, Classifier::kMaxBytes));
  const std::string subject = FoldCase(CutToBytes(message.subject, kMaxSubject));
  text.folded.reserve(body.size() + subject.size());
  text.tokens.reserve(std::min(body.size() / 5 + 16, Classifier::kMaxTokens));
  size_t looks = 0;
  const std::vector<Segment> segments = layout_.Split(body, &looks);
  text.reply = IsReply(subject);
  AppendText(subject, text.reply ? Part::kReplySubject : Part::kSubject, Classifier::kMaxTokens,
             text);
  for (const Segment& segment : segments) {
    if (segment.kind == LineKind::kNew)
      AppendText(segment.text, Part::kNew, Classifier::kMaxTokens, text);
  }
  const size_t own = NewWords(text);
  for (const Segment& segment : segments) {
    if (segment.kind == LineKind::kNew) continue;
    Part part = Part::kLeftOut;
    if (own == 0 && segment.kind != LineKind::kHeaders) part = Part::kNew;
    if (own > 0 && own < kFewWords && segment.kind == LineKind::kForwarded) part = Part::kForwarded;
    AppendText(segment.text, part, Classifier::kMaxTokens, text);
    text.headers |= segment.kind == LineKind::kHeaders;
  }
  return looks;
}

void Pipeline::AddMeta(const Message& message, const Text& text, Reading& reading) const {
  const auto set = [&](std::string_view name, bool holds) {
    if (!holds) return;
    const ConceptId id = concept_by_name_.at(std::string(name));
    reading.strength[id] = 1;
    reading.sentences[id] = ~uint64_t{0};
  };
  set("meta.financial", message.chosen_department == core::v1::DEPARTMENT_FINANCIAL);
  set("meta.technical", message.chosen_department == core::v1::DEPARTMENT_TECHNICAL);
  set("meta.high_priority", message.priority == core::v1::PRIORITY_HIGH);
  set("meta.chat", message.channel == core::v1::CHANNEL_CHAT);
  set("meta.reply", text.reply);
  set("meta.headers", text.headers);
  const size_t words = NewWords(text);
  set("meta.short", words <= 5);
  set("meta.long", words > 90);
  for (const std::string_view kind : message.service_kinds) {
    set("meta.vps", kind == "vps");
    set("meta.dedicated", kind == "dedicated");
    set("meta.shared", kind == "shared");
  }
  for (const Sentence& sentence : text.sentences) {
    if (sentence.question && sentence.first_token < text.tokens.size()) {
      set("meta.question", text.tokens[sentence.first_token].part == Part::kNew);
    }
  }
  for (const Token& token : text.tokens) {
    if (token.part == Part::kLeftOut) continue;
    set("meta.url", token.kind == TokenKind::kUrl);
    set("meta.ip", token.kind == TokenKind::kIp);
    set("meta.money", token.kind == TokenKind::kMoney);
  }
}

Work Pipeline::Run(const Message& message) const {
  Work work;
  work.steps = ReadText(message, work.text);
  work.language = languages_.Read(work.text, message.language_hint);
  std::vector<Hit> hits;
  hits.reserve(work.text.tokens.size());
  work.steps += by_language_[work.language.best].Find(work.text, /*near=*/true, hits);
  if (work.language.share < kSureOfLanguage && by_language_.size() > 1) {
    work.steps += by_language_[work.language.second].Find(work.text, /*near=*/false, hits);
  }
  work.reading = reader_->Read(work.text, std::move(hits));
  work.steps += work.reading.steps;
  AddMeta(message, work.text, work.reading);
  work.evidence = rules_.Judge(work.reading);
  return work;
}

void Pipeline::AddModel(const Work& work, Scores& scores) const {
  if (model_.empty()) return;
  std::vector<Feature> features;
  features_->Make(work.text, work.reading, work.evidence, model_.buckets(), features);
  model_.Judge(features, scores);
}

}  // namespace plazo::classify
