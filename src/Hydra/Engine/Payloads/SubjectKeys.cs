using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>The keys of subjects: made when first needed, wrapped with the ring's, in memory for a while.</summary>
/// <remarks>
/// A subject's id, and with it the name of its key, is a hash of namespace and subject, so no store learns the subject
/// and no table maps one to the other. What is in memory is looked up again once it is older than
/// <see cref="Freshness"/>, before anything is read with it: as long a destroyed key may still be used elsewhere.
/// </remarks>
internal sealed class SubjectKeys(string @namespace, KeyRing ring, ISubjectKeyStore store, TimeProvider time)
{
    /// <summary>What the names of subjects' keys begin with; no key of a ring has such a name.</summary>
    public const string Prefix = "subject:";

    /// <summary>How many keys an engine looks for at a time.</summary>
    public const int MostAtOnce = 32;

    /// <summary>How long a key is taken to be there without looking.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AwayPause = TimeSpan.FromSeconds(1);

    private const int MostKept = 10_000;
    private const int MostFailures = 3; // In a row, each of which somebody has waited for.
    private const int Page = 500;
    private const int IdLength = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    private readonly ConcurrentDictionary<string, KnownKey> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<TaskCompletionSource>> _looks = new(StringComparer.Ordinal); // Under way.
    private readonly AsyncGate _asking = new(MostAtOnce);
    private readonly Lock _taking = new();
    private volatile StoreException? _away; // Why keys cannot be had, when the last looks have all failed.
    private int _failures;
    private long _awaySince; // As a timestamp.
    private long _forgotAt = time.GetTimestamp();

    /// <summary>The key of a subject, made if it has none.</summary>
    /// <exception cref="PayloadException">It was destroyed, or is wrapped with a key that the ring lacks.</exception>
    /// <exception cref="StoreException">The keys cannot be read or written.</exception>
    public async Task<SubjectKey> ForAsync(string subject, CancellationToken cancellationToken)
    {
        var id = IdOf(subject);
        await LoadAsync(id, cancellationToken);
        if (!_known.TryGetValue(id, out var known) || known.IsMissing)
        {
            var bytes = RandomNumberGenerator.GetBytes(EncryptionKey.Length);
            var asked = time.GetTimestamp();
            known = Take(await CallAsync(() => store.AddAsync(id, Wrap(id, bytes), cancellationToken)), asked);
            CryptographicOperations.ZeroMemory(bytes);
        }

        return known.Key is { IsDestroyed: false } key ? key : throw known.Refuse(id, "needs to be written");
    }

    /// <summary>Destroys the key of a subject.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> DestroyAsync(string subject, CancellationToken cancellationToken)
    {
        var id = IdOf(subject);
        var had = await store.DestroyAsync(id, cancellationToken);
        Take(new SubjectKeyRow(id, null), time.GetTimestamp());
        return had;
    }

    /// <summary>Whether the key of a subject was destroyed.</summary>
    public async Task<bool> IsDestroyedAsync(string subject, CancellationToken cancellationToken) =>
        await store.FindAsync(IdOf(subject), cancellationToken) is { IsDestroyed: true };

    /// <summary>Wraps all keys with the current key of the ring that are wrapped with another one.</summary>
    public async Task<RewrapSummary> RewrapAsync(CancellationToken cancellationToken)
    {
        var (summary, after) = (new RewrapSummary(0, 0), (string?)null);
        IReadOnlyList<SubjectKeyRow> page;
        do
        {
            page = await store.ListAsync(after, Page, cancellationToken);
            foreach (var row in page.Where(row => KeyOf(row.Wrapped!) != ring.Current.Id))
            {
                summary = await RewrapAsync(row, cancellationToken) is not { } done ? summary
                    : done ? summary with { Rewrapped = summary.Rewrapped + 1 }
                    : summary with { Left = summary.Left + 1 };
            }

            summary = summary with { Kept = summary.Kept + page.Count };
            after = page.Count > 0 ? page[^1].Id : after;
        }
        while (page.Count == Page);

        return summary;
    }

    /// <returns>False when it cannot be unwrapped here; null when it was destroyed or replaced meanwhile.</returns>
    private async Task<bool?> RewrapAsync(SubjectKeyRow row, CancellationToken cancellationToken)
    {
        var bytes = new byte[EncryptionKey.Length];
        try
        {
            return TryUnwrap(row, bytes) is not null ? false
                : await store.ReplaceAsync(row.Id, row.Wrapped!, Wrap(row.Id, bytes), cancellationToken) ? true
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Looks for the keys that payloads name, those that are known and fresh excepted.</summary>
    /// <exception cref="StoreException">One cannot be asked for.</exception>
    public Task LoadAsync(IEnumerable<Payload> payloads, CancellationToken cancellationToken)
    {
        HashSet<string>? ids = null;
        foreach (var payload in payloads)
        {
            if (IdIn(payload) is { } id && !IsKnown(id))
            {
                (ids ??= []).Add(id);
            }
        }

        return ids is null
            ? Task.CompletedTask
            : Task.WhenAll(ids.Select(id => LookAsync(id, cancellationToken)));
    }

    /// <summary>Whether everything that a payload needs in order to be decoded is at hand.</summary>
    public bool Knows(Payload payload) => IdIn(payload) is not { } id || IsKnown(id);

    /// <summary>The key that a payload names, as it was last found.</summary>
    /// <param name="keyId">The name of the key.</param>
    /// <exception cref="PayloadException">
    /// It cannot be had here; the message ends a sentence about the payload.
    /// </exception>
    public SubjectKey Find(string keyId)
    {
        var id = keyId[Prefix.Length..];
        return !_known.TryGetValue(id, out var known) ? throw KnownKey.Missing.Refuse(id, "is encrypted")
            : known.Key is { IsDestroyed: false } key ? key
            : throw known.Refuse(id, "is encrypted");
    }

    /// <summary>Looks whether a key that is in use was destroyed.</summary>
    /// <exception cref="StoreException">It cannot be asked for.</exception>
    public async Task RefreshAsync(SubjectKey key, CancellationToken cancellationToken)
    {
        var id = key.Key.Id[Prefix.Length..];
        if (!key.IsDestroyed)
        {
            await LookAsync(id, cancellationToken);
        }

        if (_known.TryGetValue(id, out var known) && known.IsDestroyed)
        {
            key.Destroyed();
        }
    }

    private bool IsKnown(string id) => _known.TryGetValue(id, out var known) && known.IsFresh(time);

    private Task LoadAsync(string id, CancellationToken cancellationToken) =>
        IsKnown(id) ? Task.CompletedTask : LookAsync(id, cancellationToken);

    /// <summary>Looks for a key, together with whoever looks for it already.</summary>
    private async Task LookAsync(string id, CancellationToken cancellationToken)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool asks;
        lock (_looks)
        {
            asks = !_looks.TryGetValue(id, out var waiting);
            (asks ? _looks[id] = [] : waiting!).Add(told);
        }

        await using var gives = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), told);
        if (asks)
        {
            _ = AskAsync(id);
        }

        await told.Task;
    }

    /// <summary>Makes a call about a key; whatever goes wrong in it says nothing about what the key is for.</summary>
    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (StoreException e)
        {
            e.IsAboutKey = e.Kind != StoreErrorKind.Deterministic;
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new StoreException(StoreErrorKind.InDoubt, "The keys of subjects cannot be had.", e)
            {
                IsAboutKey = true,
            };
        }
    }

    /// <summary>
    /// Looks for a key, and tells all that wait for it. After some failures in a row nothing is asked for a while: each
    /// may take long, and somebody waits for it.
    /// </summary>
    private async Task AskAsync(string id)
    {
        StoreException? failure = null;
        await _asking.EnterAsync();
        try
        {
            failure = _away;
            if (failure is null || time.GetElapsedTime(Volatile.Read(ref _awaySince)) >= AwayPause)
            {
                var asked = time.GetTimestamp();
                var found = await CallAsync(() => store.FindAsync(id, CancellationToken.None));
                Take(found ?? new SubjectKeyRow(id, ""), asked);
                (failure, _away, _failures) = (null, null, 0);
            }
        }
        catch (StoreException e)
        {
            failure = e;
            Volatile.Write(ref _awaySince, time.GetTimestamp());
            _away = Interlocked.Increment(ref _failures) >= MostFailures ? e : null;
        }
        finally
        {
            _asking.Leave();
        }

        List<TaskCompletionSource>? waiting;
        lock (_looks)
        {
            _looks.Remove(id, out waiting);
        }

        foreach (var told in waiting!)
        {
            _ = failure is null ? told.TrySetResult() : told.TrySetException(failure);
        }
    }

    /// <param name="row">What is kept.</param>
    /// <param name="asked">When that was asked, as a timestamp: it may have been destroyed since.</param>
    private KnownKey Take(SubjectKeyRow row, long asked)
    {
        ForgetOld();
        lock (_taking)
        {
            var older = _known.GetValueOrDefault(row.Id);
            if (older is { IsDestroyed: true })
            {
                return older; // For ever, whatever an answer says that has been on its way for long.
            }

            if (row.IsDestroyed)
            {
                older?.Key?.Destroyed();
                return _known[row.Id] = new KnownKey(null, KnownKey.Destroyed, asked);
            }

            if (row.Wrapped!.Length == 0)
            {
                return _known[row.Id] = KnownKey.Missing with { At = asked };
            }

            var key = older?.Key;
            var problem = key is null ? TryUnwrap(row, out key) : null;
            return _known[row.Id] = new KnownKey(key, problem, asked);
        }
    }

    /// <summary>What was just looked for stays: somebody is about to read with it.</summary>
    private void ForgetOld()
    {
        if (_known.Count < MostKept || time.GetElapsedTime(Volatile.Read(ref _forgotAt)) < Freshness)
        {
            return;
        }

        Volatile.Write(ref _forgotAt, time.GetTimestamp());
        foreach (var known in _known)
        {
            if (time.GetElapsedTime(known.Value.At) > 10 * Freshness)
            {
                _known.TryRemove(known);
            }
        }
    }

    /// <summary>The id of the subject's key that a payload names; null when it names none.</summary>
    public static string? IdIn(Payload payload) =>
        payload.IsEncoded && payload.KeyId is { } key && key.StartsWith(Prefix, StringComparison.Ordinal)
            && key.Length == Prefix.Length + IdLength && !key.AsSpan(Prefix.Length).ContainsAnyExcept(Hexadecimal)
                ? key[Prefix.Length..]
                : null; // Whatever stands there was not written by an engine, and no store is asked for it.

    private string IdOf(string subject) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"hydra subject\0{@namespace}\0{subject}"))
            .AsSpan(0, IdLength / 2));

    private string Wrap(string id, ReadOnlySpan<byte> bytes)
    {
        var sealedKey = new byte[NonceBytes + bytes.Length + TagBytes];
        RandomNumberGenerator.Fill(sealedKey.AsSpan(0, NonceBytes));
        using var cipher = CipherFor(ring.Current, id);
        cipher.Encrypt(
            sealedKey.AsSpan(0, NonceBytes),
            bytes,
            sealedKey.AsSpan(NonceBytes, bytes.Length),
            sealedKey.AsSpan(^TagBytes..));
        return $"{ring.Current.Id}:{Convert.ToBase64String(sealedKey)}";
    }

    private static string KeyOf(string wrapped) =>
        wrapped.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? wrapped[..colon] : "";

    /// <returns>Why it cannot be used; null when it can.</returns>
    private string? TryUnwrap(SubjectKeyRow row, out SubjectKey? key)
    {
        Span<byte> bytes = stackalloc byte[EncryptionKey.Length];
        var problem = TryUnwrap(row, bytes);
        key = problem is null ? new SubjectKey(new EncryptionKey(bytes, Prefix + row.Id)) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return problem;
    }

    /// <param name="row">The wrapped key.</param>
    /// <param name="bytes">Where the key is put when it can be unwrapped.</param>
    /// <returns>Why it cannot be used; null when it can.</returns>
    private string? TryUnwrap(SubjectKeyRow row, Span<byte> bytes)
    {
        var colon = row.Wrapped!.IndexOf(':', StringComparison.Ordinal);
        var sealedKey = new byte[NonceBytes + EncryptionKey.Length + TagBytes];
        if (colon < 1 || !Convert.TryFromBase64String(row.Wrapped[(colon + 1)..], sealedKey, out var length)
            || length != sealedKey.Length)
        {
            return "is damaged where it is kept. Restore it there";
        }

        if (!ring.TryFind(row.Wrapped[..colon], out var wrapping))
        {
            return $"is wrapped with key '{row.Wrapped[..colon]}', which this engine does not have. Add it to the key "
                + "ring";
        }

        try
        {
            using var cipher = CipherFor(wrapping, row.Id);
            cipher.Decrypt(
                sealedKey.AsSpan(0, NonceBytes),
                sealedKey.AsSpan(NonceBytes, EncryptionKey.Length),
                sealedKey.AsSpan(^TagBytes..),
                bytes);
        }
        catch (AuthenticationTagMismatchException)
        {
            return $"does not unwrap with key '{wrapping.Id}': it is of another subject, or another key has that name";
        }

        return null;
    }

    /// <summary>One wrapping key for each subject, so that a wrapped key is of use under its own id alone.</summary>
    private AesGcm CipherFor(EncryptionKey key, string id) =>
        new(key.Derive(Encoding.UTF8.GetBytes($"hydra subject key\0{@namespace}\0{id}")), TagBytes);
}
