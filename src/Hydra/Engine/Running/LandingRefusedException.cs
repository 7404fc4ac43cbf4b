using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>A try of a transactional step has not been committed, and never will be.</summary>
internal sealed class LandingRefusedException : HydraException
{
    public LandingRefusedException(string step, LandingAnswer answer)
        : base($"The transaction of step '{step}' was undone, because "
            + (answer == LandingAnswer.Fenced
                ? "another worker has taken the execution over."
                : "this try of it had been given up."))
    {
    }

    public LandingRefusedException(string step, Exception inner)
        : base($"The transaction of step '{step}' was cut off and is undone ({inner.Message}).", inner)
    {
    }
}
