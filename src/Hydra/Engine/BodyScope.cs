using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>What a try at a step has to itself.</summary>
/// <param name="Services">Its services.</param>
/// <param name="Transaction">What it writes in, when the step is transactional.</param>
internal readonly record struct BodyScope(IServiceProvider Services, StepTransaction? Transaction);
