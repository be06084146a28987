// The start of a .gguf file: version, metadata, and the shapes of the tensors.
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "base/encoding.hpp"
#include "emulator/json_text.hpp"
#include "emulator/model_facts.hpp"

namespace hfasync::emulator {

namespace {

struct Truncated {};

/// Numbers are little-endian, as this program's machines are.
class GgufReader {
public:
    explicit GgufReader(std::string_view text) : rest_(text) {}

    template <class Number>
    Number number()
    {
        Number value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view text() { return take(number<std::uint64_t>()); }
    std::string_view take(std::uint64_t size)
    {
        if (size > rest_.size()) throw Truncated{};
        const auto out = rest_.substr(0, static_cast<std::size_t>(size));
        rest_.remove_prefix(static_cast<std::size_t>(size));
        return out;
    }

private:
    std::string_view rest_;
};

constexpr std::uint32_t text_type = 8, array_type = 9;
constexpr std::uint64_t type_sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

std::uint64_t size_of(std::uint32_t type)
{
    if (type >= std::size(type_sizes)) throw Truncated{};
    return type_sizes[type];
}

struct Value {
    std::string_view text;
    std::optional<std::uint64_t> number;
    std::vector<std::string_view> texts; ///< of an array
};

std::uint64_t read_whole(GgufReader& in, std::uint32_t type)
{
    const auto bytes = in.take(size_of(type));
    std::uint64_t out = 0;
    std::memcpy(&out, bytes.data(), bytes.size());
    return out;
}

Value read_value(GgufReader& in, std::uint32_t type)
{
    if (type == text_type) return {.text = in.text(), .number = {}, .texts = {}};
    if (type != array_type) return {.text = {}, .number = read_whole(in, type), .texts = {}};
    const auto item = in.number<std::uint32_t>();
    const auto count = in.number<std::uint64_t>();
    Value out;
    if (item == text_type) {
        for (std::uint64_t i = 0; i < count; ++i)
            out.texts.push_back(in.text());
    } else {
        const auto size = size_of(item);
        // An array of arrays is in no file that people publish.
        if (size == 0 || count > std::numeric_limits<std::uint64_t>::max() / size) throw Truncated{};
        in.take(count * size);
    }
    return out;
}

struct Metadata {
    std::string_view architecture, chat_template;
    std::vector<std::pair<std::string_view, std::uint64_t>> context_lengths; ///< by key
    std::vector<std::string_view> tokens;
    std::optional<std::uint64_t> bos, eos;
};

Metadata read_metadata(GgufReader& in, std::uint64_t count)
{
    Metadata out;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto key = in.text();
        auto value = read_value(in, in.number<std::uint32_t>());
        if (key == "general.architecture")
            out.architecture = value.text;
        else if (key == "tokenizer.chat_template")
            out.chat_template = value.text;
        else if (key == "tokenizer.ggml.tokens")
            out.tokens = std::move(value.texts);
        else if (key == "tokenizer.ggml.bos_token_id")
            out.bos = value.number;
        else if (key == "tokenizer.ggml.eos_token_id")
            out.eos = value.number;
        else if (key.ends_with(".context_length") && value.number)
            out.context_lengths.emplace_back(key, *value.number);
    }
    return out;
}

std::uint64_t read_total(GgufReader& in, std::uint64_t tensors)
{
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < tensors; ++i) {
        in.text();
        std::uint64_t count = 1;
        for (auto dimensions = in.number<std::uint32_t>(); dimensions > 0; --dimensions)
            count *= in.number<std::uint64_t>();
        in.take(4 + 8); // type, offset
        total += count;
    }
    return total;
}

void write_text(JsonText& out, std::string_view key, std::string_view text)
{
    if (!text.empty() && detail::is_valid_utf8(text)) out.key(key).string(text);
}

} // namespace

std::optional<std::string> read_gguf(std::string_view start)
try {
    GgufReader in(start);
    if (in.take(4) != "GGUF" || in.number<std::uint32_t>() < 2) return std::nullopt;
    const auto tensors = in.number<std::uint64_t>();
    const auto pairs = in.number<std::uint64_t>();
    const auto metadata = read_metadata(in, pairs);
    JsonText out;
    out.open('{').key("total").number(read_total(in, tensors));
    write_text(out, "architecture", metadata.architecture);
    for (const auto& [key, length] : metadata.context_lengths)
        if (key.substr(0, key.find('.')) == metadata.architecture) out.key("context_length").number(length);
    write_text(out, "chat_template", metadata.chat_template);
    const auto token = [&](const std::optional<std::uint64_t>& id) {
        return id && *id < metadata.tokens.size() ? metadata.tokens[static_cast<std::size_t>(*id)]
                                                  : std::string_view();
    };
    write_text(out, "bos_token", token(metadata.bos));
    write_text(out, "eos_token", token(metadata.eos));
    return out.close('}').take();
} catch (const Truncated&) {
    return std::nullopt;
}

} // namespace hfasync::emulator
