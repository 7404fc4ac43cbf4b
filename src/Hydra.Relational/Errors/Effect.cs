namespace Hydra.Relational.Errors;

/// <summary>How far a call had come when it failed.</summary>
internal enum Effect
{
    /// <summary>Nothing had been sent, or only reads.</summary>
    None,

    /// <summary>A transaction had begun, and nobody had asked for its commit: the database undoes it.</summary>
    Undone,

    /// <summary>The commit had been sent, and its answer has not come.</summary>
    Unknown,
}
