namespace Hydra.Sqlite.Transitions;

/// <summary>What maintenance may find to do.</summary>
[Flags]
internal enum Duties
{
    None = 0,

    /// <summary>
    /// A session has ended without being closed, or somebody owns executions without having a session.
    /// </summary>
    Sweep = 1,

    /// <summary>An execution is past its deadline and has to be ended here.</summary>
    Deadlines = 2,

    /// <summary>An execution is blocked that this build has not refused.</summary>
    Unblock = 4,
}
