// What the Hub reads off the files of a model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "emulator/store/object_store.hpp"
#include "emulator/store/repo.hpp"

namespace hfasync::emulator {

/// Ready JSON; empty: none.
struct WeightFacts {
    std::string safetensors; ///< {"parameters": {dtype: count}, "total": n}
    std::string gguf;        ///< {"total": n, "architecture": ..., "context_length": ...}
};

/// Of model.safetensors or the files that model.safetensors.index.json names, and of the first .gguf file at
/// the root. Files whose header cannot be read count as absent.
WeightFacts read_weights(const store::ObjectStore& objects, const store::Repo& repo,
                         const store::Oid& commit);

/// What `config` shows of config.json and tokenizer_config.json.
boost::json::object shown_config(const boost::json::object& config, const boost::json::object* tokenizer);
/// {"auto_model", "custom_class", "pipeline_tag", "processor"} by the first architecture; nullopt when
/// transformers has no auto class for it.
std::optional<boost::json::object> transformers_info(const boost::json::object& config);
/// Of tokenizer_config.json: a text, or an object with "content".
std::string token_text(const boost::json::object& tokenizer, std::string_view name);

/// The first bytes of an object; nullopt when they are not here.
std::optional<std::string> read_object_part(const store::ObjectStore& objects, const store::TreeEntry& file,
                                            std::uint64_t offset, std::uint64_t size);
/// From the first bytes of a .gguf file; nullopt for anything else.
std::optional<std::string> read_gguf(std::string_view start);

} // namespace hfasync::emulator
