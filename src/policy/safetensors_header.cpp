#include "policy/safetensors_header.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <limits>

#include "base/encoding.hpp"

namespace hfasync::detail {

namespace json = boost::json;

namespace {

constexpr std::uint64_t most_parameters = std::numeric_limits<std::int64_t>::max();
// Frameworks stop at 64; a header of nothing but dimensions would take many times its length in memory.
constexpr std::size_t most_dimensions = 1024;
constexpr std::string_view metadata_key = "__metadata__";

/// For messages: shortened, for a name may have megabytes.
std::string shown(std::string_view name)
{
    constexpr std::size_t most = 80;
    if (name.size() <= most) return printable(name);
    auto end = most;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80)
        --end; // not in the middle of a character
    return printable(name.substr(0, end)) + "...";
}

std::string tensor_place(std::string_view name)
{
    return "$['" + shown(name) + "']";
}

/// Keeps what it needs while Boost.JSON reads: a tree of a header of 25 MB would take ten times that.
class Handler {
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
    using Code = boost::system::error_code;

    SafetensorsHeader header;
    std::string fault; ///< empty: none so far

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }

    bool on_object_begin(Code& code)
    {
        if (skipped_ > 0) return skip_deeper();
        switch (at_) {
        case At::document:
            at_ = At::root;
            return true;
        case At::root:
            return begin_entry();
        case At::tensor:
            if (is_known_member()) return wrong_kind(code);
            skipped_ = 1;
            return true;
        default:
            return wrong_kind(code);
        }
    }
    bool on_object_end(std::size_t, Code& code)
    {
        if (skipped_ > 0) return skip_less_deep();
        if (at_ == At::root) {
            at_ = At::document;
            return true;
        }
        const bool good = at_ != At::tensor || end_tensor(code);
        at_ = At::root;
        return good;
    }
    bool on_array_begin(Code& code)
    {
        if (skipped_ > 0) return skip_deeper();
        if (at_ != At::tensor || member_ == "dtype") return wrong_kind(code);
        if (member_ == "shape") {
            at_ = At::shape;
        } else if (member_ == "data_offsets") {
            at_ = At::offsets;
        } else {
            skipped_ = 1;
        }
        return true;
    }
    bool on_array_end(std::size_t, Code&)
    {
        if (skipped_ > 0) return skip_less_deep();
        at_ = At::tensor;
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, Code&) { return keep(part); }
    bool on_key(json::string_view part, std::size_t, Code& code)
    {
        text_.append(part);
        if (skipped_ > 0) {
            text_.clear();
            return true;
        }
        if (at_ == At::root) {
            name_ = std::exchange(text_, {});
            return name_ != metadata_key || !has_metadata_ || refuse(code, place() + " occurs twice");
        }
        member_ = std::exchange(text_, {});
        return at_ != At::tensor || see_member(code);
    }
    bool on_string_part(json::string_view part, std::size_t, Code&) { return keep(part); }
    bool on_string(json::string_view part, std::size_t, Code& code)
    {
        text_.append(part);
        auto text = std::exchange(text_, {});
        if (skipped_ > 0) return true;
        if (at_ == At::metadata)
            return header.metadata.try_emplace(member_, std::move(text)).second ||
                   refuse(code, place() + " occurs twice");
        if (at_ != At::tensor) return wrong_kind(code);
        if (member_ == "dtype") tensor_.dtype = std::move(text);
        return member_ == "dtype" || !is_known_member() || wrong_kind(code);
    }

    bool on_number_part(json::string_view, Code&) { return true; }
    bool on_int64(std::int64_t value, json::string_view, Code& code)
    {
        if (skipped_ == 0 && value < 0 && (at_ == At::shape || at_ == At::offsets))
            return refuse(code, element() + " is negative");
        return number(static_cast<std::uint64_t>(value), code);
    }
    bool on_uint64(std::uint64_t value, json::string_view, Code& code) { return number(value, code); }
    bool on_double(double, json::string_view, Code& code)
    {
        if (skipped_ == 0 && (at_ == At::shape || at_ == At::offsets))
            return refuse(code, element() + " is not a whole number of 64 bits");
        return other_scalar(code);
    }
    bool on_bool(bool, Code& code) { return other_scalar(code); }
    bool on_null(Code& code)
    {
        if (at_ != At::root || name_ != metadata_key) return other_scalar(code);
        has_metadata_ = true; // as good as none
        return true;
    }
    bool on_comment_part(json::string_view, Code&) { return true; }
    bool on_comment(json::string_view, Code&) { return true; }

private:
    enum class At { document, root, metadata, tensor, shape, offsets };

    bool skip_deeper()
    {
        ++skipped_;
        return true;
    }
    bool skip_less_deep()
    {
        --skipped_;
        return true;
    }
    bool keep(std::string_view part)
    {
        text_.append(part);
        return true;
    }
    bool refuse(Code& code, std::string what)
    {
        fault = std::move(what);
        code = json::error::syntax; // any: `fault` says what it is
        return false;
    }
    bool wrong_kind(Code& code)
    {
        switch (at_) {
        case At::document:
            return refuse(code, "$ is not an object");
        case At::root:
            return refuse(code, place() + " is not an object");
        case At::metadata:
            return refuse(code, place() + " is not a text");
        case At::tensor:
            return refuse(code, place() + (member_ == "dtype" ? " is not a text" : " is not a list"));
        default:
            return refuse(code, element() + " is not a whole number of 64 bits");
        }
    }
    std::string place() const
    {
        auto out = tensor_place(name_);
        return at_ == At::document || at_ == At::root ? out : out + "['" + shown(member_) + "']";
    }
    std::string element() const
    {
        const auto index = at_ == At::shape ? tensor_.shape.size() : offsets_;
        return place() + "[" + std::to_string(index) + "]";
    }

    bool begin_entry()
    {
        at_ = name_ == metadata_key ? At::metadata : At::tensor;
        if (at_ == At::metadata) {
            has_metadata_ = true;
            return true;
        }
        tensor_ = {};
        offsets_ = 0;
        seen_dtype_ = seen_shape_ = seen_offsets_ = false;
        return true;
    }
    bool is_known_member() const
    {
        return member_ == "dtype" || member_ == "shape" || member_ == "data_offsets";
    }
    bool see_member(Code& code)
    {
        if (!is_known_member()) return true;
        auto& seen = member_ == "dtype" ? seen_dtype_ : member_ == "shape" ? seen_shape_ : seen_offsets_;
        if (seen) return refuse(code, place() + " occurs twice");
        seen = true;
        return true;
    }
    bool number(std::uint64_t value, Code& code)
    {
        if (skipped_ == 0 && at_ == At::shape) {
            if (tensor_.shape.size() == most_dimensions)
                return refuse(code,
                              place() + " has more than " + std::to_string(most_dimensions) + " numbers");
            tensor_.shape.push_back(value);
            return true;
        }
        if (skipped_ == 0 && at_ == At::offsets) {
            if (offsets_ == 2) return refuse(code, place() + " has more than two numbers");
            (offsets_++ == 0 ? tensor_.data_offsets.first : tensor_.data_offsets.second) = value;
            return true;
        }
        return other_scalar(code);
    }
    bool other_scalar(Code& code)
    {
        if (skipped_ > 0 || (at_ == At::tensor && !is_known_member())) return true;
        return wrong_kind(code);
    }

    bool end_tensor(Code& code)
    {
        const auto here = tensor_place(name_);
        if (!seen_dtype_) return refuse(code, here + " has no dtype");
        if (!seen_shape_) return refuse(code, here + " has no shape");
        if (offsets_ != 2) return refuse(code, here + " does not have two data_offsets");
        if (tensor_.data_offsets.first > tensor_.data_offsets.second)
            return refuse(code, here + " ends before it begins (data_offsets)");
        if (!count_parameters()) return refuse(code, here + " has a shape of more than 2^63 parameters");
        return header.tensors.try_emplace(std::move(name_), std::move(tensor_)).second ||
               refuse(code, here + " occurs twice");
    }
    bool count_parameters()
    {
        auto& count = tensor_.parameter_count = 1;
        const auto& shape = tensor_.shape;
        if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) count = 0;
        for (const auto size : shape) {
            if (count != 0 && size > most_parameters / count) return false;
            count *= size;
        }
        return true;
    }

    At at_ = At::document;
    std::size_t skipped_ = 0; ///< depth in a value that nobody asks for
    std::string text_;        ///< what parts have come of a text
    std::string name_;        ///< of the entry
    std::string member_;      ///< of the tensor or of __metadata__
    HeaderTensor tensor_;
    int offsets_ = 0;
    bool seen_dtype_ = false, seen_shape_ = false, seen_offsets_ = false, has_metadata_ = false;
};

/// "The byte buffer needs to be entirely indexed, and cannot contain holes."
std::optional<std::string> check_layout(const SafetensorsHeader& header)
{
    using Entry = std::pair<const std::string, HeaderTensor>;
    std::vector<const Entry*> order;
    order.reserve(header.tensors.size());
    for (const auto& entry : header.tensors)
        order.push_back(&entry);
    std::sort(order.begin(), order.end(),
              [](const Entry* a, const Entry* b) { return a->second.data_offsets < b->second.data_offsets; });
    std::uint64_t end = 0;
    for (const auto* entry : order) {
        const auto& [first, last] = entry->second.data_offsets;
        if (first < end) return tensor_place(entry->first) + " overlaps another tensor (data_offsets)";
        if (first > end) return tensor_place(entry->first) + " leaves a gap before it (data_offsets)";
        end = last;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::uint64_t> read_safetensors_length(std::string_view start) noexcept
{
    if (start.size() < safetensors_length_bytes) return std::nullopt;
    std::uint64_t length = 0;
    for (std::size_t i = safetensors_length_bytes; i-- > 0;)
        length = (length << 8) | static_cast<unsigned char>(start[i]);
    return length;
}

bool add_parameters(std::uint64_t& sum, std::uint64_t count) noexcept
{
    if (count > most_parameters || sum > most_parameters - count) return false;
    sum += count;
    return true;
}

std::variant<SafetensorsHeader, HeaderFault> parse_safetensors_header(std::string_view text)
{
    json::basic_parser<Handler> parser{json::parse_options{}};
    boost::system::error_code code;
    const auto used = parser.write_some(false, text.data(), text.size(), code);
    auto& handler = parser.handler();
    if (!handler.fault.empty()) return HeaderFault{.is_json = true, .what = std::move(handler.fault)};
    if (code) return HeaderFault{.what = code.message() + " at byte " + std::to_string(used) + " of it"};
    if (used < text.size())
        return HeaderFault{.what = "something follows the JSON at byte " + std::to_string(used) + " of it"};
    if (auto fault = check_layout(handler.header))
        return HeaderFault{.is_json = true, .what = std::move(*fault)};
    return std::move(handler.header);
}

} // namespace hfasync::detail
