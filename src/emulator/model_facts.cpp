#include "emulator/model_facts.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>

#include <boost/json/parse.hpp>

#include "base/os.hpp"
#include "emulator/json_text.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

/// What the safetensors format allows a header.
constexpr std::uint64_t most_header = 100'000'000;
constexpr std::size_t most_shards = 10'000;
/// Vocabularies stand in front of a .gguf file's tensors.
constexpr std::uint64_t most_gguf = 32u << 20;

struct Counts {
    std::map<std::string, std::uint64_t> parameters;
    std::uint64_t total = 0;
};

std::optional<std::uint64_t> element_count(const json::value& shape)
{
    if (!shape.is_array()) return std::nullopt;
    std::uint64_t count = 1;
    for (const auto& item : shape.get_array()) {
        json::error_code ec;
        const auto size = item.to_number<std::uint64_t>(ec);
        if (ec || (size != 0 && count > std::numeric_limits<std::uint64_t>::max() / size))
            return std::nullopt;
        count *= size;
    }
    return count;
}

bool count_tensors(const json::object& header, Counts& counts)
{
    for (const auto& member : header) {
        if (member.key() == "__metadata__") continue;
        const auto* tensor = member.value().if_object();
        const auto* dtype = tensor ? tensor->if_contains("dtype") : nullptr;
        const auto* shape = tensor ? tensor->if_contains("shape") : nullptr;
        if (!dtype || !dtype->is_string() || !shape) return false;
        const auto count = element_count(*shape);
        if (!count) return false;
        counts.parameters[std::string(dtype->get_string())] += *count;
        counts.total += *count;
    }
    return true;
}

/// Adds the tensors of one .safetensors file: 8 bytes of length, little-endian, and a JSON object.
bool count_file(const store::ObjectStore& objects, const store::Repo& repo, const store::Oid& commit,
                std::string_view path, Counts& counts)
{
    const auto file = repo.find(commit, path);
    if (!file || file->is_folder) return false;
    const auto start = read_object_part(objects, *file, 0, 8);
    if (!start || start->size() != 8) return false;
    std::uint64_t size = 0;
    for (int i = 7; i >= 0; --i)
        size = size << 8 | static_cast<unsigned char>((*start)[static_cast<std::size_t>(i)]);
    if (size > std::min(most_header, file->size - 8)) return false;
    const auto text = read_object_part(objects, *file, 8, size);
    if (!text || text->size() != size) return false;
    boost::system::error_code ec;
    const auto header = json::parse(*text, ec);
    return !ec && header.is_object() && count_tensors(header.get_object(), counts);
}

std::optional<std::set<std::string>> shards(const store::Repo& repo, const store::Oid& commit)
{
    const auto text = repo.read_file(commit, "model.safetensors.index.json");
    if (!text) return std::nullopt;
    boost::system::error_code ec;
    const auto index = json::parse(*text, ec);
    const auto* map = !ec && index.is_object() ? index.get_object().if_contains("weight_map") : nullptr;
    if (!map || !map->is_object()) return std::nullopt;
    std::set<std::string> files;
    for (const auto& member : map->get_object()) {
        if (!member.value().is_string() || files.size() > most_shards) return std::nullopt;
        files.emplace(member.value().get_string());
    }
    return files;
}

std::string read_safetensors(const store::ObjectStore& objects, const store::Repo& repo,
                             const store::Oid& commit)
{
    std::set<std::string> files{"model.safetensors"};
    if (!repo.find(commit, "model.safetensors")) {
        auto named = shards(repo, commit);
        if (!named) return {};
        files = std::move(*named);
    }
    Counts counts;
    for (const auto& file : files)
        if (!count_file(objects, repo, commit, file, counts)) return {};
    JsonText out;
    out.open('{').key("parameters").open('{');
    for (const auto& [dtype, count] : counts.parameters) {
        std::string key;
        append_json_string(key, dtype);
        out.key(std::string_view(key).substr(1, key.size() - 2)).number(count);
    }
    return out.close('}').key("total").number(counts.total).close('}').take();
}

std::string read_first_gguf(const store::ObjectStore& objects, const store::Repo& repo,
                            const store::Oid& commit)
{
    const auto page = repo.list({.revision = commit.hex(), .limit = 1000});
    for (const auto& item : page.entries) {
        if (item.entry.is_folder || !item.path.ends_with(".gguf")) continue;
        const auto start = read_object_part(objects, item.entry, 0, most_gguf);
        return start ? read_gguf(*start).value_or("") : "";
    }
    return {};
}

struct AutoClass {
    std::string_view ending; ///< of the architecture's name
    std::string_view auto_model, pipeline_tag, processor;
};

/// As transformers' own table has them; the first that fits counts.
constexpr std::array<AutoClass, 17> auto_classes{{
    {"ForMaskedLM", "AutoModelForMaskedLM", "fill-mask", "AutoTokenizer"},
    {"ForCausalLM", "AutoModelForCausalLM", "text-generation", "AutoTokenizer"},
    {"LMHeadModel", "AutoModelForCausalLM", "text-generation", "AutoTokenizer"},
    {"ForSequenceClassification", "AutoModelForSequenceClassification", "text-classification",
     "AutoTokenizer"},
    {"ForTokenClassification", "AutoModelForTokenClassification", "token-classification", "AutoTokenizer"},
    {"ForQuestionAnswering", "AutoModelForQuestionAnswering", "question-answering", "AutoTokenizer"},
    {"ForMultipleChoice", "AutoModelForMultipleChoice", "multiple-choice", "AutoTokenizer"},
    {"WhisperForConditionalGeneration", "AutoModelForSpeechSeq2Seq", "automatic-speech-recognition",
     "AutoProcessor"},
    {"ForConditionalGeneration", "AutoModelForSeq2SeqLM", "text2text-generation", "AutoTokenizer"},
    {"ForImageClassification", "AutoModelForImageClassification", "image-classification",
     "AutoImageProcessor"},
    {"ForObjectDetection", "AutoModelForObjectDetection", "object-detection", "AutoImageProcessor"},
    {"ForSemanticSegmentation", "AutoModelForSemanticSegmentation", "image-segmentation",
     "AutoImageProcessor"},
    {"ForDepthEstimation", "AutoModelForDepthEstimation", "depth-estimation", "AutoImageProcessor"},
    {"ForAudioClassification", "AutoModelForAudioClassification", "audio-classification", "AutoProcessor"},
    {"ForCTC", "AutoModelForCTC", "automatic-speech-recognition", "AutoProcessor"},
    {"ForPreTraining", "AutoModelForPreTraining", "", "AutoTokenizer"},
    {"Model", "AutoModel", "feature-extraction", "AutoTokenizer"},
}};

} // namespace

std::optional<std::string> read_object_part(const store::ObjectStore& objects, const store::TreeEntry& file,
                                            std::uint64_t offset, std::uint64_t size)
{
    const auto object = file.lfs ? objects.find_lfs(*file.lfs) : objects.find_blob(file.oid);
    if (!object || offset > object->size) return std::nullopt;
    size = std::min(size, object->size - offset);
    if (object->memory)
        return object->memory->substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
    if (object->path.empty()) return std::nullopt; // taken on trust: its bytes are elsewhere
    std::string text(static_cast<std::size_t>(size), '\0');
    const auto fd = detail::open_read(object->path);
    text.resize(detail::read_at(fd, std::as_writable_bytes(std::span(text)), offset, object->path));
    return text;
}

WeightFacts read_weights(const store::ObjectStore& objects, const store::Repo& repo, const store::Oid& commit)
{
    return {read_safetensors(objects, repo, commit), read_first_gguf(objects, repo, commit)};
}

std::string token_text(const json::object& tokenizer, std::string_view name)
{
    const auto* value = tokenizer.if_contains(name);
    if (value && value->is_object()) value = value->get_object().if_contains("content");
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object shown_config(const json::object& config, const json::object* tokenizer)
{
    json::object out;
    for (const char* key : {"architectures", "auto_map", "model_type", "quantization_config"})
        if (const auto* member = config.if_contains(key)) out[key] = *member;
    if (!tokenizer) return out;
    json::object shown;
    for (const char* key : {"bos_token", "chat_template", "cls_token", "eos_token", "mask_token", "pad_token",
                            "sep_token", "unk_token"})
        if (auto text = token_text(*tokenizer, key); !text.empty()) shown[key] = text;
    out["tokenizer_config"] = std::move(shown);
    return out;
}

std::optional<json::object> transformers_info(const json::object& config)
{
    const auto* names = config.if_contains("architectures");
    if (!names || !names->is_array() || names->get_array().empty() || !names->get_array().front().is_string())
        return std::nullopt;
    const std::string_view name(names->get_array().front().get_string());
    const auto found = std::find_if(auto_classes.begin(), auto_classes.end(),
                                    [&](const AutoClass& item) { return name.ends_with(item.ending); });
    if (found == auto_classes.end()) return std::nullopt;
    json::object out{{"auto_model", found->auto_model}};
    if (const auto* map = config.if_contains("auto_map"); map && map->is_object())
        if (const auto* custom = map->get_object().if_contains(found->auto_model);
            custom && custom->is_string())
            out["custom_class"] = *custom;
    if (!found->pipeline_tag.empty()) out["pipeline_tag"] = found->pipeline_tag;
    out["processor"] = found->processor;
    return out;
}

} // namespace hfasync::emulator
