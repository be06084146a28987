// What the Hub derives from the files of a commit: card data, config, tags.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "emulator/store/repo.hpp"

namespace hfasync::emulator {

/// Derived from one commit of a repo.
struct CardFacts {
    std::optional<boost::json::object> card;
    std::optional<boost::json::object> config; ///< of config.json: architectures, model_type
    std::vector<std::string> tags;
    std::string pipeline_tag; ///< empty: none
    std::string library_name; ///< empty: none
    std::string sdk;
};

/// Thread-safe cache: one entry a repo, of the commit asked last.
class CardCache {
public:
    std::shared_ptr<const CardFacts> get(const store::Repo& repo, const std::optional<store::Oid>& commit);

private:
    struct Entry {
        std::optional<store::Oid> commit;
        std::shared_ptr<const CardFacts> facts;
    };
    std::mutex mutex_;
    std::map<std::string, Entry> entries_; ///< by the repo's uid
};

} // namespace hfasync::emulator
