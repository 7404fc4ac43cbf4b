namespace Hydra.Sqlite.Connections;

/// <summary>What a path names compared with a file that is open, the worst last.</summary>
internal enum FilePlace
{
    /// <summary>That file, as far as can be told.</summary>
    Same,

    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>Another file.</summary>
    Replaced,
}
