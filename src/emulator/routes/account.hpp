// How accounts look in answers.
#pragma once

#include <string>
#include <string_view>

#include "emulator/json_text.hpp"
#include "emulator/router.hpp"

namespace hfasync::emulator {

/// 24 hex digits that stay the same for a name: the Hub's `_id`.
std::string object_id(std::string_view name);
std::string avatar(std::string_view name);
const std::string& full_name(const Account& account);
/// The members of a user as lists give them, between the caller's braces: `_id`, `user`, `fullname` ...
/// `reader`: nullptr when nobody is signed in; `isFollowing` is left out then.
void write_user(JsonText& out, const Account& account, const Account* reader);

} // namespace hfasync::emulator
