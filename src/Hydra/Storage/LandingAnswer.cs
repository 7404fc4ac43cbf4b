namespace Hydra.Storage;

/// <summary>What became of the landing of a step's result in its transaction.</summary>
public enum LandingAnswer
{
    /// <summary>It is written, and becomes true with the commit.</summary>
    Landed = 0,

    /// <summary>The execution is not owned under that epoch any more: the transaction must be undone.</summary>
    Fenced = 1,

    /// <summary>The try has been given up and a bar stands in its place: the transaction must be undone.</summary>
    Barred = 2,
}
