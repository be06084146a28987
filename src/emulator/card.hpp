// What the Hub derives from the files of a commit: card data, config, tags. Kept as long as the commit is
// asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/json/object.hpp>

#include "emulator/model_facts.hpp"
#include "emulator/store/repo.hpp"

namespace hfasync::emulator {

/// Derived from one commit of a repo. Texts that are empty are not there.
struct CardFacts {
    std::optional<boost::json::object> card;
    std::vector<std::string> tags;
    std::vector<std::string> languages; ///< as the card names them
    std::string description, citation;  ///< of a dataset's README.md
    std::string sdk;
    std::vector<std::string> models, datasets; ///< that a Space's card names
    // Of a model.
    std::optional<boost::json::object> config; ///< architectures, model_type, tokenizer_config
    std::optional<boost::json::object> transformers_info;
    std::string pipeline_tag, library_name, mask_token;
    std::string inference;                ///< cold, frozen or warm
    std::vector<std::string> base_models; ///< ids
    std::string base_relation;            ///< adapter, finetune, merge, quantized
};

/// A repo and the head of its main branch at one moment; never changes.
struct RepoHead {
    std::shared_ptr<const store::RepoSettings> settings; ///< never null
    std::optional<store::Oid> commit;                    ///< none: no main branch
    std::shared_ptr<const CardFacts> facts;              ///< never null
};

/// Thread-safe cache. A listing asks it once a repo, so that an unchanged repo costs one look-up.
class CardCache {
public:
    std::shared_ptr<const RepoHead> head(const std::shared_ptr<store::Repo>& repo);
    std::shared_ptr<const CardFacts> facts(const std::shared_ptr<store::Repo>& repo,
                                           const std::optional<store::Oid>& commit);
    /// Reads headers of weights, which is why it waits until somebody asks.
    std::shared_ptr<const WeightFacts>
    weights(store::ObjectStore& objects, const std::shared_ptr<store::Repo>& repo, const store::Oid& commit);

private:
    template <class Facts>
    struct Kept {
        std::optional<store::Oid> commit;
        std::shared_ptr<const Facts> facts;
    };
    struct Entry {
        std::weak_ptr<const store::Repo> repo; ///< its address is not used again while this is here
        std::uint64_t version = 0;
        std::shared_ptr<const RepoHead> head;
        Kept<CardFacts> other; ///< of the commit asked last that is not the head
        Kept<WeightFacts> weights;
    };
    Entry& entry(const std::shared_ptr<store::Repo>& repo); ///< under mutex_

    std::mutex mutex_;
    std::unordered_map<const store::Repo*, Entry> entries_;
    std::size_t sweep_at_ = 1024; ///< entries of deleted repos go when there are so many
};

} // namespace hfasync::emulator
