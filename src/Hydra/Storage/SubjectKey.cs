namespace Hydra.Storage;

/// <summary>The key of one subject, as an engine knows it.</summary>
/// <remarks>
/// Whoever runs an execution of the subject writes with it until that has ended, also when it was destroyed meanwhile:
/// what is written so nobody reads again.
/// </remarks>
internal sealed class SubjectKey(EncryptionKey key)
{
    private volatile bool _isDestroyed;

    /// <summary>The key; only for writing when it was destroyed.</summary>
    public EncryptionKey Key => key;

    /// <summary>Whether it was found to be destroyed.</summary>
    public bool IsDestroyed => _isDestroyed;

    public void Destroyed() => _isDestroyed = true;
}
