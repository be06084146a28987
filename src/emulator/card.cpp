#include "emulator/card.hpp"

#include <algorithm>
#include <array>

#include <boost/json/parse.hpp>

#include "emulator/store/card.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

constexpr std::size_t most_root_entries = 10'000;
/// Characters of a dataset's description, as the Hub cuts it.
constexpr std::size_t most_description = 500;

std::string text_of(const json::object& card, std::string_view key)
{
    const auto* value = card.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Of a text or a list of texts.
std::vector<std::string> texts_of(const json::object& card, std::string_view key)
{
    std::vector<std::string> out;
    const auto* value = card.if_contains(key);
    if (value && value->is_string()) out.emplace_back(value->get_string());
    if (value && value->is_array())
        for (const auto& item : value->get_array())
            if (item.is_string()) out.emplace_back(item.get_string());
    return out;
}

std::optional<json::object> read_json(const store::Repo& repo, const store::Oid& commit,
                                      std::string_view path)
{
    const auto text = repo.read_file(commit, path);
    if (!text) return std::nullopt;
    boost::system::error_code ec;
    auto value = json::parse(*text, ec);
    if (ec || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

/// What a file or folder at the root of a model tells.
struct Sign {
    std::string_view start, end; ///< of its name
    std::string_view tag;
};
constexpr std::array<Sign, 10> signs{{{"model_index.json", "", "diffusers"},
                                      {"modules.json", "", "sentence-transformers"},
                                      {"adapter_config.json", "", "peft"},
                                      {"pytorch_model", ".bin", "pytorch"},
                                      {"tf_model", ".h5", "tf"},
                                      {"flax_model", ".msgpack", "jax"},
                                      {"", ".onnx", "onnx"},
                                      {"onnx", "", "onnx"},
                                      {"", ".safetensors", "safetensors"},
                                      {"", ".gguf", "gguf"}}};

bool shows(const Sign& sign, std::string_view name)
{
    if (sign.end.empty()) return name == sign.start;
    return name.starts_with(sign.start) && name.ends_with(sign.end);
}

/// Libraries and formats by the names of the files, in the order of the table.
std::vector<std::string> tags_of_files(const store::Repo& repo, const store::Oid& commit)
{
    std::array<bool, signs.size()> found{};
    for (const auto& item : repo.list({.revision = commit.hex(), .limit = most_root_entries}).entries)
        for (std::size_t i = 0; i < signs.size(); ++i)
            found[i] = found[i] || shows(signs[i], item.path);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < signs.size(); ++i)
        if (found[i]) out.emplace_back(signs[i].tag);
    return out;
}

/// Ids behind "arxiv.org/abs/" and "arxiv.org/pdf/", which the Hub makes tags of.
std::vector<std::string> arxiv_ids(std::string_view readme)
{
    std::vector<std::string> out;
    for (const std::string_view start : {"arxiv.org/abs/", "arxiv.org/pdf/"})
        for (auto at = readme.find(start); at != std::string_view::npos; at = readme.find(start, at + 1)) {
            const auto rest = readme.substr(at + start.size());
            const auto end = std::min(rest.find_first_not_of("0123456789."), rest.size());
            auto id = rest.substr(0, end);
            while (id.ends_with('.'))
                id.remove_suffix(1);
            if (id.find('.') != std::string_view::npos) out.emplace_back(id);
        }
    return out;
}

std::string_view without_metadata(std::string_view readme)
{
    if (!readme.starts_with("---")) return readme;
    const auto end = readme.find("\n---", 3);
    if (end == std::string_view::npos) return readme;
    const auto line = readme.find('\n', end + 1);
    return line == std::string_view::npos ? std::string_view() : readme.substr(line + 1);
}

std::string_view trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string description_of(std::string_view readme)
{
    auto text = trimmed(without_metadata(readme));
    if (text.size() > most_description) {
        auto end = most_description;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
            --end; // not inside a character
        text = trimmed(text.substr(0, end));
        return std::string(text) + "\xe2\x80\xa6 See the full description on the dataset page.";
    }
    return std::string(text);
}

/// The BibTeX entry that stands first in a fenced block.
std::string citation_of(std::string_view readme)
{
    for (auto at = readme.find("```"); at != std::string_view::npos; at = readme.find("```", at + 3)) {
        const auto line = readme.find('\n', at);
        if (line == std::string_view::npos) break;
        const auto end = readme.find("```", line);
        if (end == std::string_view::npos) break;
        const auto block = trimmed(readme.substr(line, end - line));
        if (block.starts_with('@')) return std::string(block);
        at = end;
    }
    return {};
}

void read_model_files(CardFacts& facts, const store::Repo& repo, const store::Oid& commit)
{
    const auto tokenizer = read_json(repo, commit, "tokenizer_config.json");
    if (tokenizer) facts.mask_token = token_text(*tokenizer, "mask_token");
    const auto config = read_json(repo, commit, "config.json");
    if (!config) return;
    facts.config = shown_config(*config, tokenizer ? &*tokenizer : nullptr);
    facts.transformers_info = transformers_info(*config);
}

/// The library: what the card says, else what the files tell.
std::string library_of(const CardFacts& facts, const std::vector<std::string>& files)
{
    if (facts.card)
        if (auto named = text_of(*facts.card, "library_name"); !named.empty()) return named;
    for (const char* library : {"diffusers", "sentence-transformers", "peft"})
        if (std::find(files.begin(), files.end(), library) != files.end()) return library;
    const bool is_transformers =
        facts.config && (facts.config->contains("architectures") || facts.config->contains("model_type"));
    return is_transformers ? "transformers" : "";
}

std::string relation_of(const CardFacts& facts, const std::vector<std::string>& files)
{
    if (facts.base_models.empty()) return {};
    if (auto named = text_of(*facts.card, "base_model_relation"); !named.empty()) return named;
    if (facts.library_name == "peft") return "adapter";
    if (std::find(files.begin(), files.end(), "gguf") != files.end()) return "quantized";
    return facts.base_models.size() > 1 ? "merge" : "finetune";
}

/// `inference: warm` (or cold, frozen) in the card is how a test says it; `inference: false` is frozen, as on
/// the Hub. Otherwise a model whose task is known is cold.
std::string inference_of(const CardFacts& facts)
{
    if (facts.card) {
        const auto* value = facts.card->if_contains("inference");
        if (value && value->is_bool() && !value->get_bool()) return "frozen";
        const auto text = text_of(*facts.card, "inference");
        if (text == "warm" || text == "cold" || text == "frozen") return text;
    }
    return facts.pipeline_tag.empty() ? "frozen" : "cold";
}

class Tags {
public:
    explicit Tags(std::vector<std::string>& out) : out_(out) {}
    void add(std::string tag)
    {
        if (!tag.empty() && std::find(out_.begin(), out_.end(), tag) == out_.end())
            out_.push_back(std::move(tag));
    }
    void add_all(const std::vector<std::string>& tags)
    {
        for (const auto& tag : tags)
            add(tag);
    }

private:
    std::vector<std::string>& out_;
};

void derive_tags(CardFacts& facts, RepoType type, const std::vector<std::string>& files,
                 std::string_view readme)
{
    Tags tags(facts.tags);
    if (type == RepoType::space) tags.add(facts.sdk);
    tags.add(facts.library_name);
    tags.add_all(files);
    if (type == RepoType::model && facts.config) tags.add(text_of(*facts.config, "model_type"));
    tags.add(facts.pipeline_tag);
    if (facts.card) tags.add_all(store::card_tags(type, *facts.card));
    for (const auto& id : arxiv_ids(readme))
        tags.add("arxiv:" + id);
    if (!facts.base_relation.empty())
        for (const auto& id : facts.base_models)
            tags.add("base_model:" + facts.base_relation + ":" + id);
    tags.add("region:us");
}

std::shared_ptr<const CardFacts> derive(const store::Repo& repo, const store::RepoSettings& settings,
                                        const std::optional<store::Oid>& commit)
{
    auto facts = std::make_shared<CardFacts>();
    const auto type = settings.type;
    facts->sdk = settings.sdk;
    const auto readme = commit ? repo.read_file(*commit, "README.md") : nullptr;
    if (readme)
        if (auto card = store::read_card(*readme); card.data.is_object())
            facts->card = std::move(card.data.get_object());
    std::vector<std::string> files;
    if (commit && type == RepoType::model) {
        read_model_files(*facts, repo, *commit);
        files = tags_of_files(repo, *commit);
    }
    if (facts->card) {
        facts->languages = texts_of(*facts->card, "language");
        if (type == RepoType::model) {
            facts->pipeline_tag = text_of(*facts->card, "pipeline_tag");
            facts->base_models = texts_of(*facts->card, "base_model");
        }
        if (type == RepoType::space) {
            facts->models = texts_of(*facts->card, "models");
            facts->datasets = texts_of(*facts->card, "datasets");
            if (auto sdk = text_of(*facts->card, "sdk"); !sdk.empty()) facts->sdk = std::move(sdk);
        }
    }
    if (type == RepoType::model) {
        facts->library_name = library_of(*facts, files);
        facts->base_relation = relation_of(*facts, files);
        if (facts->pipeline_tag.empty() && facts->transformers_info)
            facts->pipeline_tag = text_of(*facts->transformers_info, "pipeline_tag");
        facts->inference = inference_of(*facts);
    }
    if (type == RepoType::dataset && readme) {
        facts->description = description_of(*readme);
        facts->citation = citation_of(*readme);
    }
    derive_tags(*facts, type, files, readme ? std::string_view(*readme) : std::string_view());
    return facts;
}

} // namespace

CardCache::Entry& CardCache::entry(const std::shared_ptr<store::Repo>& repo)
{
    if (entries_.size() >= sweep_at_) {
        std::erase_if(entries_, [](const auto& item) { return item.second.repo.expired(); });
        sweep_at_ = std::max<std::size_t>(1024, 2 * entries_.size());
    }
    auto& found = entries_[repo.get()];
    if (found.repo.expired())
        found = Entry{.repo = repo, .version = 0, .head = {}, .other = {}, .weights = {}};
    return found;
}

std::shared_ptr<const RepoHead> CardCache::head(const std::shared_ptr<store::Repo>& repo)
{
    // Read before what it stands for: a change in between makes this head old, and the next call sees that.
    const auto version = repo->version();
    std::shared_ptr<const RepoHead> before;
    {
        const std::lock_guard lock(mutex_);
        const auto& found = entry(repo);
        if (found.version == version) return found.head;
        before = found.head;
    }
    auto made = std::make_shared<RepoHead>();
    made->settings = std::make_shared<const store::RepoSettings>(repo->settings());
    made->commit = repo->try_resolve("main");
    const bool same_files =
        before && before->commit == made->commit && before->settings->sdk == made->settings->sdk;
    made->facts = same_files ? before->facts : derive(*repo, *made->settings, made->commit);
    const std::lock_guard lock(mutex_);
    auto& found = entry(repo);
    if (found.version < version) {
        found.version = version;
        found.head = made;
    }
    return made;
}

std::shared_ptr<const CardFacts> CardCache::facts(const std::shared_ptr<store::Repo>& repo,
                                                  const std::optional<store::Oid>& commit)
{
    const auto now = head(repo);
    if (now->commit == commit) return now->facts;
    {
        const std::lock_guard lock(mutex_);
        const auto& kept = entry(repo).other;
        if (kept.facts && kept.commit == commit) return kept.facts;
    }
    auto made = derive(*repo, *now->settings, commit);
    const std::lock_guard lock(mutex_);
    entry(repo).other = {commit, made};
    return made;
}

std::shared_ptr<const WeightFacts> CardCache::weights(store::ObjectStore& objects,
                                                      const std::shared_ptr<store::Repo>& repo,
                                                      const store::Oid& commit)
{
    {
        const std::lock_guard lock(mutex_);
        const auto& kept = entry(repo).weights;
        if (kept.facts && kept.commit == commit) return kept.facts;
    }
    auto made = std::make_shared<const WeightFacts>(read_weights(objects, *repo, commit));
    const std::lock_guard lock(mutex_);
    entry(repo).weights = {commit, made};
    return made;
}

} // namespace hfasync::emulator
