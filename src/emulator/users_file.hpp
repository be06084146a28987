// The JSON file of users and papers; says where in it something is wrong.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace hfasync::emulator {

class UsersFile {
public:
    /// \throws OSError, ValueError
    explicit UsersFile(std::filesystem::path file);

    const boost::json::value& root() const noexcept { return root_; }
    /// \throws ValueError with the file and the place
    [[noreturn]] void refuse(const std::string& where, const std::string& why) const;
    std::string text(const boost::json::value& value, const std::string& where) const;
    /// Like text(), but lines and tabs are fine, and nothing is too.
    std::string prose(const boost::json::value& value, const std::string& where) const;
    bool boolean(const boost::json::value& value, const std::string& where) const;
    const boost::json::array& list(const boost::json::value& value, const std::string& where) const;
    std::vector<std::string> texts(const boost::json::value& value, const std::string& where) const;

private:
    std::filesystem::path file_;
    boost::json::value root_;
};

} // namespace hfasync::emulator
