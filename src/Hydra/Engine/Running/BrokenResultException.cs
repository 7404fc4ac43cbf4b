namespace Hydra.Engine.Running;

/// <summary>
/// What the database has of a transactional step cannot be, or is never to be known: the execution must not go on.
/// </summary>
internal sealed class BrokenResultException : HydraException
{
    public BrokenResultException(string key, int results)
        : base((results == 0
            ? $"The database has told that a result of step '{key}' is committed, and now has none"
            : $"The database has more than one result of step '{key}', whose effect is committed at most once")
            + ": rows of its table of tries have been changed or lost. Compare the step's tries with what it has "
            + "written, and repair or terminate the execution.")
    {
    }

    public BrokenResultException(string key, StoreException refusal)
        : base(
            $"What has become of a transaction of step '{key}' cannot be found out: the store refuses to tell, however "
            + $"often it is asked. Repair what it names, then retry the execution. {refusal.Message}",
            refusal)
    {
    }
}
