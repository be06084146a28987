// Which repos name which: Spaces their models, models the models that they were made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/site.hpp"

namespace hfasync::emulator {

/// Between the repos that one reader may see, by the cards on their main branches.
struct Links {
    std::unordered_map<std::string, std::vector<std::string>> spaces_of_model; ///< ids of Spaces, by model id
    std::unordered_map<std::string, std::uint64_t> children_of_model;
    std::unordered_map<std::string, std::string> model_uids; ///< of all models, by id
};

Links find_links(Site& site, const store::Identity* reader);

} // namespace hfasync::emulator
