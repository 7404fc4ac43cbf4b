namespace Hydra.Sqlite.Connections;

/// <summary>How far a transaction had come when a call failed.</summary>
internal enum Effect
{
    /// <summary>It had not begun, or only read.</summary>
    None,

    /// <summary>It had begun, and was rolled back.</summary>
    Undone,

    /// <summary>Its COMMIT failed and it is unknown what reached the disk.</summary>
    Unknown,
}
