#include "emulator/store/card.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace hfasync::emulator::store {

namespace json = boost::json;

namespace {

constexpr int deepest = 64;
/// Aliases can blow a small text up to any size.
constexpr int most_nodes = 100'000;

struct CardError : std::runtime_error {
    CardError(const YAML::Mark& mark, const std::string& why) : std::runtime_error(why), line(mark.line) {}
    int line;
};

/// YAML 1.2's core schema, as the Hub's own parser has it: "yes" and "no" are words.
json::value plain_scalar(const std::string& text)
{
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    const std::string_view number = text.front() == '+' ? std::string_view(text).substr(1) : text;
    const char* const end = number.data() + number.size();
    // from_chars would take "inf", "nan" and hexadecimal floats for numbers; a card means words.
    if (number.find_first_not_of("0123456789+-.eE") == std::string_view::npos) {
        std::int64_t whole = 0;
        if (const auto [at, code] = std::from_chars(number.data(), end, whole);
            at == end && code == std::errc())
            return whole;
        double real = 0;
        if (const auto [at, code] = std::from_chars(number.data(), end, real);
            at == end && code == std::errc())
            return real;
    }
    return json::string(text);
}

class ToJson {
public:
    json::value operator()(const YAML::Node& node, int depth = 0)
    {
        if (depth > deepest) throw CardError(node.Mark(), "it is nested too deeply");
        if (++nodes_ > most_nodes) throw CardError(node.Mark(), "it has too many values");
        switch (node.Type()) {
        case YAML::NodeType::Scalar:
            // yaml-cpp tags quoted and block scalars "!", plain ones "?".
            return node.Tag() == "!" ? json::value(json::string(node.Scalar())) : plain_scalar(node.Scalar());
        case YAML::NodeType::Sequence: {
            json::array out;
            for (const auto& item : node)
                out.push_back((*this)(item, depth + 1));
            return out;
        }
        case YAML::NodeType::Map: {
            json::object out;
            for (const auto& entry : node) {
                if (!entry.first.IsScalar()) throw CardError(entry.first.Mark(), "a key is no text");
                if (!out.emplace(entry.first.Scalar(), (*this)(entry.second, depth + 1)).second)
                    throw CardError(entry.first.Mark(),
                                    fmt::format("the key \"{}\" is there twice", entry.first.Scalar()));
            }
            return out;
        }
        default:
            return nullptr;
        }
    }

private:
    int nodes_ = 0;
};

/// The text between the first line "---" and the next one; nullopt when there is none.
std::optional<std::string_view> front_matter(std::string_view text)
{
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::optional<std::size_t> begin;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        const bool fence =
            line.starts_with("---") && line.find_first_not_of(" \t\r", 3) == std::string_view::npos;
        if (fence && begin) return text.substr(*begin, at - *begin);
        if (!fence && !begin) return std::nullopt;
        at = end + 1;
        if (!begin) begin = at;
    }
    return std::nullopt;
}

Card broken(int line, std::string_view why)
{
    // Counted from 0 behind the first fence, told from 1 with it.
    return {.data = nullptr, .error = fmt::format("Invalid YAML metadata, line {}: {}", line + 2, why)};
}

} // namespace

Card read_card(std::string_view readme)
{
    const auto yaml = front_matter(readme);
    if (!yaml) return {};
    try {
        const auto document = YAML::Load(std::string(*yaml));
        if (document.IsNull()) return {};
        if (!document.IsMap()) throw CardError(document.Mark(), "the metadata is not a mapping");
        return {.data = ToJson{}(document), .error = {}};
    } catch (const CardError& error) {
        return broken(error.line, error.what());
    } catch (const YAML::Exception& error) {
        return broken(error.mark.line, error.msg);
    }
}

std::vector<std::string> card_tags(RepoType type, const json::value& card)
{
    std::vector<std::string> out;
    if (!card.is_object()) return out;
    const auto add = [&](std::string_view key, std::string_view prefix) {
        const json::value* value = card.as_object().if_contains(key);
        const auto one = [&](const json::value& item) {
            if (!item.is_string()) return;
            std::string tag = fmt::format("{}{}", prefix, std::string_view(item.get_string()));
            if (std::find(out.begin(), out.end(), tag) == out.end()) out.push_back(std::move(tag));
        };
        if (value && value->is_array())
            std::for_each(value->get_array().begin(), value->get_array().end(), one);
        else if (value)
            one(*value);
    };
    const bool dataset = type == RepoType::dataset;
    if (type == RepoType::space) add("sdk", "");
    if (type == RepoType::model) {
        add("library_name", "");
        add("pipeline_tag", "");
    }
    if (dataset)
        for (const char* key : {"task_categories", "task_ids", "annotations_creators", "language_creators",
                                "multilinguality", "source_datasets", "benchmark"})
            add(key, fmt::format("{}:", key));
    add("language", dataset ? "language:" : "");
    add("tags", "");
    add("license", "license:");
    if (dataset)
        add("size_categories", "size_categories:");
    else
        add("datasets", "dataset:");
    if (type == RepoType::model) add("base_model", "base_model:");
    return out;
}

} // namespace hfasync::emulator::store
