using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>A try of a transactional step has not been committed, and never will be.</summary>
internal sealed class LandingRefusedException : HydraException
{
    public LandingRefusedException(string step, LandingAnswer answer)
        : base($"The transaction of step '{step}' was undone, because "
            + (answer == LandingAnswer.Fenced
                ? "another worker has taken the execution over."
                : "this try of it had been given up.")) => IsFenced = answer == LandingAnswer.Fenced;

    public LandingRefusedException(string step, Exception inner)
        : base($"The transaction of step '{step}' was cut off and is undone ({inner.Message}).", inner)
    {
    }

    /// <summary>Whether the database has undone it for the sake of another, so that it is worth repeating.</summary>
    public bool IsConflict { get; init; }

    /// <summary>Whether the execution is not this worker's any more, so that this is the outcome of nothing.</summary>
    public bool IsFenced { get; }
}
