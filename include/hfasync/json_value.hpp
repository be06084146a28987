// Json: raw JSON in results, without Boost.JSON in the public headers.
#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hfasync {

/// An immutable JSON value that the library does not interpret (card data, config, whoami ...). Copies share.
/// `<hfasync/json.hpp>` opens it as boost::json::value.
class Json {
public:
    Json() noexcept; ///< null
    /// \throws ValueError when the text is not JSON.
    static Json parse(std::string_view text);
    static Json from(boost::json::value value);

    std::string text() const; ///< compact JSON
    bool is_null() const noexcept;
    bool is_object() const noexcept;
    bool is_array() const noexcept;
    std::size_t size() const noexcept; ///< of an object or array; else 0
    std::vector<std::string> keys() const;

    /// Member by key, or element by index; a null Json when absent.
    Json operator[](std::string_view key) const;
    Json operator[](std::size_t index) const;
    bool contains(std::string_view key) const noexcept;

    // nullopt for another kind (numbers convert between integer and double when exact).
    std::optional<std::string> as_string() const;
    std::optional<std::int64_t> as_int() const;
    std::optional<double> as_double() const;
    std::optional<bool> as_bool() const;

    const boost::json::value& value() const noexcept;
    friend bool operator==(const Json& a, const Json& b);

private:
    std::shared_ptr<const boost::json::value> value_; // children alias their parent
};

} // namespace hfasync
