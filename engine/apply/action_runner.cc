#include "engine/apply/action_runner.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/json.h"
#include "engine/model/check_texts.h"
#include "engine/plan/places.h"

namespace kadende::apply {
namespace {

// Only what the manifest lists may reach state; everything else may be sensitive.
void KeepAttributes(const RevisionContext& context, model::Instance& instance) {
  if (!context.keeps_attributes || instance.attributes.empty()) instance.attributes = "{}";
  if (instance.attributes == "{}") return;
  auto all = base::ParseJson(instance.attributes);
  base::Json kept = base::Json::object();
  if (all && all->is_object()) {
    for (const std::string& name : context.provider->Manifest().kept_attributes) {
      if (auto found = all->find(name); found != all->end()) kept[name] = *found;
    }
  }
  instance.attributes = base::Canonical(kept);
}

// A provider, or the machine behind it, may say again what it was given.
void Redact(const model::Secrets& secrets, Job& job) {
  if (job.error) secrets.Redact(&job.error->message);
  secrets.Redact(&job.instance.status_reason);
  secrets.Redact(&job.instance.attributes);
  for (std::string& address : job.instance.addresses) secrets.Redact(&address);
}

bool IsThere(const model::Instance& instance) {
  return instance.status != model::InstanceStatus::kTerminated;
}

}  // namespace

void ActionRunner::Run(Job& job, const std::stop_token& stop) const {
  job.error.reset();
  job.found = false;
  ++job.attempts;
  try {
    base::FaultPoint("apply.effect.before");
    Dispatch(job, {.timeout = job.timeout, .stop = stop, .progress = [&](std::string_view said) {
                     std::string words(said);
                     if (job.context != nullptr && job.context->secrets != nullptr) {
                       job.context->secrets->Redact(&words);
                     }
                     hear_(job, std::move(words));
                   }});
    base::FaultPoint("apply.effect.after");
    if (!job.error && job.kind != JobKind::kDestroy && job.kind != JobKind::kHook)
      KeepAttributes(*job.context, job.instance);
  } catch (const std::exception& thrown) {
    job.error = base::Error{base::ErrorCode::kInternal, std::string("the provider failed: ") + thrown.what(),
                            base::Effect::kPossible, std::nullopt};
  }
  if (job.context != nullptr && job.context->secrets != nullptr) Redact(*job.context->secrets, job);
}

void ActionRunner::Dispatch(Job& job, const ports::CallContext& context) const {
  switch (job.kind) {
    case JobKind::kCreate:
      return Create(job, context);
    case JobKind::kUpdate:
      return Update(job, context);
    case JobKind::kDestroy:
      return Destroy(job, context);
    case JobKind::kAdopt:
      return Adopt(job, context);
    case JobKind::kFind:
      return Find(job, context);
    case JobKind::kGate:
      return Describe(job, context);
    case JobKind::kHook:
      return RunHook(job, context);
    case JobKind::kCreateDestroy:
      Create(job, context);
      if (job.error) return;
      job.instance_id = job.instance.id;
      Destroy(job, context);
      // Whatever became of the destroy, there was an instance: the intent has to stay.
      if (job.error) job.error->effect = base::Effect::kPossible;
      return;
  }
}

model::Ownership ActionRunner::Owner(const Job& job) const {
  model::Ownership owner;
  owner.lineage = lineage_;
  owner.cluster = cluster_;
  owner.group = *job.group;
  owner.slot = job.slot;
  owner.incarnation = job.incarnation;
  owner.token = job.token;
  owner.revision = job.context->revision;
  return owner;
}

base::Status ActionRunner::Render(const Job& job, Rendered* rendered) const {
  const RevisionContext& context = *job.context;
  if (!context.constant_properties.empty()) {
    rendered->properties = context.constant_properties;
    return {};
  }
  const std::string name = model::NodeName(*job.group, job.slot);
  auto text = context.properties->RenderNode(name, job.slot.ordinal);
  if (!text) return tl::unexpected(std::move(text).error());
  rendered->text = std::move(*text);
  rendered->properties = rendered->text;
  if (!context.properties->references().secret) return {};
  static const model::Secrets none;
  auto secret =
      context.properties->RenderWith(context.secrets == nullptr ? none : *context.secrets, name, job.slot.ordinal);
  if (!secret) return tl::unexpected(std::move(secret).error());
  rendered->secret_text = std::move(*secret);
  rendered->properties = rendered->secret_text.view();
  rendered->recordable = rendered->text;
  return {};
}

void ActionRunner::Create(Job& job, const ports::CallContext& context) const {
  Rendered rendered;
  if (auto status = Render(job, &rendered); !status) {
    job.error = std::move(status).error();
    return;
  }
  ports::CreateRequest request;
  request.name = model::InstanceName(cluster_, *job.group, job.slot, job.token);
  request.owner = Owner(job);
  request.labels = job.context->labels;
  request.properties = rendered.properties;
  request.recordable = rendered.recordable;
  auto created = job.context->provider->Create(request, context);
  if (!created) {
    job.error = std::move(created).error();
    return;
  }
  job.scope = std::move(created->scope);
  job.instance = std::move(created->instance);
}

void ActionRunner::Update(Job& job, const ports::CallContext& context) const {
  Rendered rendered;
  if (auto status = Render(job, &rendered); !status) {
    job.error = std::move(status).error();
    return;
  }
  ports::UpdateRequest request;
  request.id = job.instance_id;
  request.owner = Owner(job);
  request.labels = job.context->labels;
  request.properties = rendered.properties;
  request.recordable = rendered.recordable;
  auto updated = job.context->provider->Update(request, context);
  if (updated) {
    job.instance = std::move(*updated);
  } else {
    job.error = std::move(updated).error();
  }
}

void ActionRunner::Adopt(Job& job, const ports::CallContext& context) const {
  ports::UpdateRequest request;
  request.id = job.instance_id;
  request.owner = Owner(job);
  request.labels = job.context->labels;
  request.properties = job.context->scope_config;
  request.tags_only = true;
  auto updated = job.context->provider->Update(request, context);
  if (updated) {
    job.instance = std::move(*updated);
  } else {
    job.error = std::move(updated).error();
  }
}

void ActionRunner::Destroy(Job& job, const ports::CallContext& context) const {
  auto destroyed = job.context->provider->Destroy(job.context->scope_config, job.instance_id,
                                                  model::ReasonName(job.reason), context);
  if (!destroyed) job.error = std::move(destroyed).error();
}

void ActionRunner::Describe(Job& job, const ports::CallContext& context) const {
  auto described = job.context->provider->Describe(job.context->scope_config, job.gated, context);
  if (!described) {
    job.error = std::move(described).error();
    return;
  }
  job.described = std::move(described->descriptions);
}

void ActionRunner::RunHook(Job& job, const ports::CallContext& context) const {
  const HookRun& run = job.hooks[job.hook];
  job.facts.point = run.point;
  auto hook = model::RenderHook(run.hook, {job.facts.node, job.facts.ordinal, job.facts.address});
  if (!hook) {
    job.error = std::move(hook).error();
    return;
  }
  if (hooks_ == nullptr) {
    job.error = base::Error{base::ErrorCode::kInternal, "nobody runs hooks here", base::Effect::kNone, std::nullopt};
    return;
  }
  if (auto ran = hooks_->Run(*hook, job.facts, {.timeout = run.most, .stop = context.stop}); !ran) {
    job.error = std::move(ran).error();
  }
}

void ActionRunner::Find(Job& job, const ports::CallContext& context) const {
  ports::ListRequest request;
  request.scope_config = job.context->scope_config;
  request.lineage = lineage_;
  auto scope = plan::ListAll(*job.context->provider, std::move(request), context, [&](const ports::ListPage& page) {
    if (job.found) return;
    const auto ours = std::find_if(page.instances.begin(), page.instances.end(), [&](const model::Instance& found) {
      return found.owner.token == job.token && IsThere(found);
    });
    if (ours == page.instances.end()) return;
    job.instance = *ours;
    job.found = true;
  });
  if (scope) {
    job.scope = std::move(*scope);
  } else {
    job.error = std::move(scope).error();
    job.found = false;
  }
}

}  // namespace kadende::apply
