#include "http/message.hpp"

#include <algorithm>
#include <cstring>

#include "base/path_rules.hpp"
#include "http/error_map.hpp"
#include "policy/header_values.hpp"

namespace hfasync::http {

namespace {

bool is_token(std::string_view name) noexcept
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

/// Beast serialises CR and LF verbatim, so this is the wall against header injection.
void check_field(std::string_view name, std::string_view value)
{
    if (!is_token(name))
        throw ValueError("a header name holds bytes that are not allowed there; use letters, digits and '-'");
    const bool secret = detail::iequals(name, "authorization") ||
                        detail::iequals(name, "proxy-authorization") || detail::iequals(name, "cookie");
    detail::check_header_value(value, "header " + std::string(name), secret);
}

class TextBody final : public BodySource {
public:
    explicit TextBody(std::string content) : content_(std::move(content)) {}
    std::optional<std::uint64_t> size() const override { return content_.size(); }
    bool rewind() override
    {
        position_ = 0;
        return true;
    }
    boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into) override
    {
        const auto some = std::min(into.size(), content_.size() - position_);
        std::memcpy(into.data(), content_.data() + position_, some);
        position_ += some;
        co_return some;
    }
    boost::asio::const_buffer peek() override
    {
        return {content_.data() + position_, content_.size() - position_};
    }
    void consume(std::size_t amount) override { position_ += std::min(amount, content_.size() - position_); }

private:
    std::string content_;
    std::size_t position_ = 0;
};

} // namespace

std::string_view to_string(Method method) noexcept
{
    switch (method) {
    case Method::get:
        return "GET";
    case Method::head:
        return "HEAD";
    case Method::post:
        return "POST";
    case Method::put:
        return "PUT";
    case Method::patch:
        return "PATCH";
    case Method::delete_:
        return "DELETE";
    }
    return "GET";
}

void Headers::set(std::string name, std::string value)
{
    check_field(name, value);
    erase(name);
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::add(std::string name, std::string value)
{
    check_field(name, value);
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::erase(std::string_view name)
{
    std::erase_if(fields_, [&](const auto& field) { return detail::iequals(field.first, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept
{
    for (const auto& [field, value] : fields_)
        if (detail::iequals(field, name)) return std::string_view(value);
    return std::nullopt;
}

std::shared_ptr<BodySource> text_body(std::string content)
{
    return std::make_shared<TextBody>(std::move(content));
}

} // namespace hfasync::http
