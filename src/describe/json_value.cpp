#include <hfasync/json_value.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cmath>

#include <hfasync/error.hpp>

namespace hfasync {

namespace json = boost::json;

namespace {

const json::value null_value;

} // namespace

Json::Json() noexcept = default;

Json Json::parse(std::string_view text)
{
    boost::system::error_code failed;
    json::value value = json::parse(json::string_view(text.data(), text.size()), failed);
    if (failed) throw ValueError("Invalid JSON: " + failed.message());
    return from(std::move(value));
}

Json Json::from(json::value value)
{
    Json out;
    // A value in a caller's monotonic resource must not outlive it: copy into the default one.
    if (value.storage().get() == json::storage_ptr().get())
        out.value_ = std::make_shared<const json::value>(std::move(value));
    else
        out.value_ = std::make_shared<const json::value>(value, json::storage_ptr());
    return out;
}

const json::value& Json::value() const noexcept
{
    return value_ ? *value_ : null_value;
}

std::string Json::text() const
{
    return json::serialize(value());
}
bool Json::is_null() const noexcept
{
    return value().is_null();
}
bool Json::is_object() const noexcept
{
    return value().is_object();
}
bool Json::is_array() const noexcept
{
    return value().is_array();
}

std::size_t Json::size() const noexcept
{
    if (const auto* object = value().if_object()) return object->size();
    if (const auto* array = value().if_array()) return array->size();
    return 0;
}

std::vector<std::string> Json::keys() const
{
    std::vector<std::string> out;
    if (const auto* object = value().if_object()) {
        out.reserve(object->size());
        for (const auto& member : *object)
            out.emplace_back(member.key());
    }
    return out;
}

Json Json::operator[](std::string_view key) const
{
    Json out;
    if (const auto* object = value().if_object())
        if (const auto* member = object->if_contains(json::string_view(key.data(), key.size())))
            out.value_ = std::shared_ptr<const json::value>(value_, member);
    return out;
}

Json Json::operator[](std::size_t index) const
{
    Json out;
    if (const auto* array = value().if_array(); array && index < array->size())
        out.value_ = std::shared_ptr<const json::value>(value_, &(*array)[index]);
    return out;
}

bool Json::contains(std::string_view key) const noexcept
{
    const auto* object = value().if_object();
    return object && object->if_contains(json::string_view(key.data(), key.size())) != nullptr;
}

std::optional<std::string> Json::as_string() const
{
    if (const auto* text = value().if_string()) return std::string(text->data(), text->size());
    return std::nullopt;
}

std::optional<std::int64_t> Json::as_int() const
{
    if (const auto* number = value().if_int64()) return *number;
    if (const auto* number = value().if_double()) {
        // Below 2^53 a double without a fraction is exactly one integer.
        if (std::abs(*number) <= 9007199254740992.0 && *number == std::trunc(*number))
            return static_cast<std::int64_t>(*number);
    }
    return std::nullopt; // uint64 kind is used above INT64_MAX only
}

std::optional<double> Json::as_double() const
{
    if (const auto* number = value().if_double()) return *number;
    if (const auto* number = value().if_int64()) {
        constexpr std::int64_t exact = std::int64_t{1} << 53;
        if (*number >= -exact && *number <= exact) return static_cast<double>(*number);
    }
    return std::nullopt;
}

std::optional<bool> Json::as_bool() const
{
    if (const auto* flag = value().if_bool()) return *flag;
    return std::nullopt;
}

bool operator==(const Json& a, const Json& b)
{
    return a.value() == b.value();
}

} // namespace hfasync
