namespace Hydra.Sqlite;

/// <summary>What a commit survives.</summary>
public enum SqliteDurability
{
    /// <summary>
    /// The end of the process, of the operating system and of the power: every commit is synced to the disk.
    /// </summary>
    Full = 0,

    /// <summary>
    /// The end of the process. A power cut or a crash of the operating system may take back the last commits, each as a
    /// whole, so that steps whose results were recorded run again. The database stays sound.
    /// </summary>
    Normal = 1,
}
