// get_model_tags, get_dataset_tags.
#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "emulator/routes/info.hpp"

namespace hfasync::emulator {

namespace {

using Groups = std::map<std::string_view, std::set<std::string>>;

/// Groups by the word before the colon, and those without one. All of them are in the answer, also when
/// empty.
constexpr std::string_view model_groups[] = {"pipeline_tag", "library", "dataset", "language",
                                             "license",      "region",  "other"};
constexpr std::string_view dataset_groups[] = {"task_categories",
                                               "task_ids",
                                               "size_categories",
                                               "multilinguality",
                                               "language_creators",
                                               "annotations_creators",
                                               "language",
                                               "license",
                                               "benchmark",
                                               "region",
                                               "other"};

constexpr std::string_view libraries_by_files[] = {
    "diffusers", "sentence-transformers", "peft", "pytorch", "tf", "jax", "onnx", "safetensors", "gguf"};

template <class List>
bool has(const List& list, std::string_view text)
{
    return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

std::string_view model_group(const CardFacts& facts, std::string_view tag)
{
    if (tag == facts.pipeline_tag) return "pipeline_tag";
    if (tag == facts.library_name || has(libraries_by_files, tag)) return "library";
    if (has(facts.languages, tag)) return "language";
    return {};
}

/// Of the public repos, whoever asks: the catalogue is the same for all.
Groups collect(Site& site, RepoType type, std::span<const std::string_view> names)
{
    Groups groups;
    for (const auto name : names)
        groups[name];
    for (const auto& repo : site.store.repos(type)) {
        const auto head = site.cards.head(repo);
        if (head->settings->is_private) continue;
        for (const auto& tag : head->facts->tags) {
            auto group = type == RepoType::model ? model_group(*head->facts, tag) : std::string_view();
            const auto colon = std::min(tag.find(':'), tag.size());
            if (group.empty() && colon < tag.size()) group = std::string_view(tag).substr(0, colon);
            auto found = groups.find(group);
            if (found == groups.end()) found = groups.find("other");
            found->second.insert(tag);
        }
    }
    return groups;
}

/// "text-generation" -> "Text Generation", as the Hub shows tasks; other labels are the tag without its
/// group.
std::string label(std::string_view group, std::string_view tag)
{
    if (tag.starts_with(group) && tag.size() > group.size() && tag[group.size()] == ':')
        return std::string(tag.substr(group.size() + 1));
    std::string out(tag);
    if (group != "pipeline_tag") return out;
    bool start = true;
    for (auto& c : out) {
        if (c == '-') c = ' ';
        if (start && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        start = c == ' ';
    }
    return out;
}

Reply write(Site& site, RepoType type, std::span<const std::string_view> names)
{
    const auto groups = collect(site, type, names);
    JsonText out;
    out.open('{');
    for (const auto name : names) {
        out.key(name).open('[');
        for (const auto& tag : groups.at(name))
            out.open('{')
                .key("id")
                .string(tag)
                .key("label")
                .string(label(name, tag))
                .key("type")
                .string(name)
                .close('}');
        out.close(']');
    }
    return json_reply(out.close('}').take());
}

Reply model_tags(Call& call)
{
    return write(call.site, RepoType::model, model_groups);
}

Reply dataset_tags(Call& call)
{
    return write(call.site, RepoType::dataset, dataset_groups);
}

} // namespace

void add_tag_routes(Router& router)
{
    router.add("GET", "/api/models-tags-by-type", {}, model_tags);
    router.add("GET", "/api/datasets-tags-by-type", {}, dataset_tags);
}

} // namespace hfasync::emulator
