using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>A try of a step's body has ended.</summary>
/// <param name="Call">The step.</param>
/// <param name="Output">What came of it, when it succeeded.</param>
/// <param name="Error">What it threw, when it failed.</param>
/// <param name="Began">Whether the body was called at all.</param>
internal sealed record TryEnded(StepCall Call, Payload Output, Exception? Error, bool Began = true)
{
    /// <summary>What an earlier try has committed, when the body was not called for that reason.</summary>
    public StepTry? Landed { get; init; }
}
