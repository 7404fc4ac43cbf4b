namespace Hydra.Storage;

/// <summary>The key of a subject as it is kept.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Wrapped">The wrapped key; null when it was destroyed.</param>
public sealed record SubjectKeyRow(string Id, string? Wrapped)
{
    /// <summary>Whether it was destroyed.</summary>
    public bool IsDestroyed => Wrapped is null;
}
