namespace Hydra;

/// <summary>What is done with the keys of all subjects.</summary>
public static class SubjectClientExtensions
{
    /// <summary>
    /// Wraps the keys of all subjects of the namespace with the current key of the ring, so that older keys of the ring
    /// are not needed for them any more. What is encrypted with the subjects' keys stays as it is.
    /// </summary>
    /// <remarks>
    /// It goes key by key, each durable at once; whatever else goes on goes on, and it may be stopped, repeated and
    /// called by several at once. Call it when every process has a ring in which the new key is current: a process with
    /// an older ring may still make keys that are wrapped with the old one, and cannot read what is wrapped anew if it
    /// lacks the new one. Safe from many threads at once.
    /// </remarks>
    /// <param name="client">A client of an engine of this library.</param>
    /// <param name="cancellationToken">Gives up; what was wrapped anew stays so.</param>
    /// <returns>How many were wrapped anew, and how many could not be.</returns>
    /// <exception cref="ArgumentException">
    /// The engine has no keys of subjects, or the client is of no engine.
    /// </exception>
    /// <exception cref="StoreException">The keys could not be read or written.</exception>
    public static Task<RewrapSummary> RewrapSubjectKeysAsync(
        this IHydraClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return OfEngine(client).RewrapSubjectKeysAsync(cancellationToken);
    }

    /// <summary>Tells whether a subject was shredded, where the engine's keys of subjects are kept.</summary>
    /// <param name="client">A client of an engine of this library.</param>
    /// <param name="subject">The subject.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">
    /// The subject is not allowed, the engine has no keys of subjects, or the client is of no engine.
    /// </exception>
    /// <exception cref="StoreException">The keys could not be read.</exception>
    public static Task<bool> IsShreddedAsync(
        this IHydraClient client, string subject, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return OfEngine(client).IsShreddedAsync(subject, cancellationToken);
    }

    private static HydraClient OfEngine(IHydraClient client) => client as HydraClient
        ?? throw new ArgumentException($"A {client.GetType().Name} is no client of an engine.", nameof(client));
}
