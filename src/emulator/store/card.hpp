// The metadata at the head of README.md: cardData and the tags that the Hub makes of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include <hfasync/repo_id.hpp>

namespace hfasync::emulator::store {

struct Card {
    boost::json::value data; ///< null: no metadata, or not readable
    std::string error;       ///< why it is not readable: line and reason
};

/// Reads the YAML between the first line "---" and the next one.
Card read_card(std::string_view readme);

/// "license:mit", "dataset:squad", "en" (for datasets "language:en"), ... without repetitions.
std::vector<std::string> card_tags(RepoType type, const boost::json::value& card);

} // namespace hfasync::emulator::store
