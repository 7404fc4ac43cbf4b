using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>Says of everything that a store keeps which payloads it has, and encodes and decodes them.</summary>
/// <remarks>
/// What the engine alone has made of no user's data stays plain, so that everybody can read it: how long a sleep is,
/// which entries a failed attempt sets aside, the seed of a fork. An operation that this does not know is refused, so
/// that nothing new is stored in plain by mistake.
/// </remarks>
internal sealed class RowCodec(PayloadCodec codec)
{
    // Where an execution with a subject is given nothing, its input still tells the subject's key.
    private static readonly Payload None = Payload.Create([], "application/vnd.hydra.none");

    public PayloadCodec Payloads => codec;

    /// <summary>Whether anything is written otherwise than it was serialized.</summary>
    public bool Writes => codec.Writes;

    /// <summary>Finds the key of the subject that an operation names, before it is encoded.</summary>
    /// <exception cref="PayloadException">The key was destroyed, or cannot be had here.</exception>
    /// <exception cref="StoreException">The keys cannot be read or written.</exception>
    public async ValueTask<T> ResolveAsync<T>(T operation, CancellationToken cancellationToken) where T : StoreOperation
    {
        if (operation is not StartOperation { SubjectName: { } name, Subject: null } start)
        {
            return operation;
        }

        var key = await SubjectAsync(name, cancellationToken);
        return (T)(StoreOperation)(start with { Subject = key, Input = start.Input with { Subject = key } });
    }

    /// <summary>Finds the keys of the subjects that a change of a schedule names, before it is encoded.</summary>
    /// <returns>The change, and the key that encodes the schedule's own input; null for that of the ring.</returns>
    /// <exception cref="PayloadException">A key was destroyed, or cannot be had here.</exception>
    /// <exception cref="StoreException">The keys cannot be read or written.</exception>
    public async Task<(ScheduleChange Change, SubjectKey? Subject)> ResolveAsync(
        ScheduleChange change, CancellationToken cancellationToken)
    {
        var operations = new List<StoreOperation>();
        foreach (var operation in change.Operations)
        {
            operations.Add(await ResolveAsync(operation, cancellationToken));
        }

        var subject = change.Row is { Input: { IsNone: false, IsEncoded: false } } written
            && ScheduleJson.FindSubject(written) is { } name
                ? await SubjectAsync(name, cancellationToken)
                : null;
        return (change with { Operations = operations }, subject);
    }

    /// <summary>The key of a subject, made if it has none.</summary>
    public async Task<SubjectKey> SubjectAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await Subjects.ForAsync(name, cancellationToken);
        }
        catch (PayloadException e)
        {
            throw new PayloadException( // The log may have it, and does not name subjects.
                $"Nothing is started for this subject, whose data {e.Message}", e.InnerException)
            {
                IsShredded = e.IsShredded,
            };
        }
    }

    /// <summary>The keys of subjects.</summary>
    /// <exception cref="ArgumentException">The engine has none.</exception>
    public SubjectKeys Subjects => codec.Subjects ?? throw new ArgumentException(
        "This engine keeps no keys of subjects: they are wrapped with a key ring. Give it one with "
        + "HydraBuilder.Payloads.Encrypt, and where its store keeps none of them, SubjectKeys.");

    /// <summary>Looks for the keys of subjects that rows name, before they are decoded.</summary>
    public ValueTask LoadAsync(IEnumerable<Payload> payloads, CancellationToken cancellationToken) =>
        codec.Subjects is { } subjects ? new(subjects.LoadAsync(payloads, cancellationToken)) : default;

    /// <summary>Whether everything that payloads need in order to be decoded is at hand.</summary>
    public bool Knows(IEnumerable<Payload> payloads) =>
        codec.Subjects is not { } subjects || payloads.All(subjects.Knows);

    /// <summary>Whether entries name the key of a subject, which has to be had before they are decoded.</summary>
    public static bool NameSubject(IReadOnlyList<JournalEntry> entries) => entries.Any(static entry =>
        SubjectKeys.IdIn(entry.Input) is not null || SubjectKeys.IdIn(entry.Output) is not null);

    /// <summary>The payloads of entries.</summary>
    public static IEnumerable<Payload> PayloadsOf(IEnumerable<JournalEntry> entries) =>
        entries.SelectMany(static entry => new[] { entry.Input, entry.Output });

    /// <summary>The payloads of tries.</summary>
    public static IEnumerable<Payload> PayloadsOf(IEnumerable<StepTry> rows) =>
        rows.SelectMany(static row => new[] { row.Input, row.Output, row.Failure });

    /// <exception cref="PayloadException">It would start something with what could not be decoded here.</exception>
    public StoreOperation Encode(StoreOperation operation) => operation switch
    {
        StartOperation start when codec.Writes || IsEncoded(start) => Encode(start),
        _ when !codec.Writes => operation,
        AdvanceOperation advance => advance with
        {
            Entries = [.. advance.Entries.Select(entry => EncodeAll(advance.Id, entry, advance.Subject))],
            Tries = [.. advance.Tries.Select(row => EncodeAll(advance.Id, row, advance.Subject))],
            Settlement = advance.Settlement is Settlement.Refused refused
                ? refused with
                {
                    Difference = codec.Encode(
                        refused.Difference, PayloadPlace.OfDifference(advance.Id, refused.Build), advance.Subject),
                }
                : advance.Settlement,
        },
        CancelOperation cancel => cancel with
        {
            Failure = codec.Encode(cancel.Failure, PayloadPlace.OfEnd(cancel.Id)),
        },
        TerminateOperation terminate => terminate with
        {
            Failure = codec.Encode(terminate.Failure, PayloadPlace.OfEnd(terminate.Id), terminate.Subject),
        },
        RetryOperation => operation,
        _ => throw new NotSupportedException($"Nobody has said which payloads a {operation.GetType().Name} has."),
    };

    /// <remarks>What is encoded for one execution is not written to another, also by whoever encodes nothing.</remarks>
    private StartOperation Encode(StartOperation start) => start with
    {
        InputHash = codec.HashOf(start.InputHash, start.Id, start.Key, start.Subject),
        OlderInputHashes = codec.OlderHashesOf(start.InputHash, start.Id, start.Key, start.Subject),
        Input = EncodeAll(
            start.Id,
            start is { Subject: not null, Input.Input.IsNone: true } ? start.Input with { Input = None } : start.Input,
            start.Subject),
        Prefix = [.. start.Prefix.Select(entry => EncodeAll(start.Id, entry, start.Subject))],
    };

    private JournalEntry EncodeAll(ExecutionId id, JournalEntry entry, SubjectKey? subject) => entry with
    {
        Input = HasPlainInput(entry)
            ? entry.Input
            : codec.Encode(entry.Input, PayloadPlace.OfInput(id, entry), subject),
        Output = HasPlainOutput(entry)
            ? entry.Output
            : codec.Encode(entry.Output, PayloadPlace.OfOutput(id, entry), subject),
    };

    private StepTry EncodeAll(ExecutionId id, StepTry row, SubjectKey? subject) => row with
    {
        Input = codec.Encode(row.Input, PayloadPlace.Of(id, row, "input"), subject),
        Output = codec.Encode(row.Output, PayloadPlace.Of(id, row, "output"), subject),
        Failure = codec.Encode(row.Failure, PayloadPlace.Of(id, row, "failure"), subject),
    };

    /// <exception cref="PayloadException">One of its payloads cannot be decoded here.</exception>
    public JournalEntry Decode(ExecutionId id, JournalEntry entry) => !IsEncoded(entry) ? entry : entry with
    {
        Input = WithoutNone(codec.Decode(entry.Input, PayloadPlace.OfInput(id, entry))),
        Output = codec.Decode(entry.Output, PayloadPlace.OfOutput(id, entry)),
        Subject = SubjectOf(entry),
    };

    /// <exception cref="PayloadException">One of its payloads cannot be decoded here.</exception>
    public StepTry Decode(ExecutionId id, StepTry row) =>
        !IsEncoded(row) ? row : row with
        {
            Input = codec.Decode(row.Input, PayloadPlace.Of(id, row, "input")),
            Output = codec.Decode(row.Output, PayloadPlace.Of(id, row, "output")),
            Failure = codec.Decode(row.Failure, PayloadPlace.Of(id, row, "failure")),
        };

    /// <summary>Encodes what is written; what is plain comes back as it was where nothing is to be encoded.</summary>
    public StepTry Encode(ExecutionId id, StepTry row) => !codec.Writes ? row : EncodeAll(id, row, row.Subject);

    /// <summary>What was claimed with its entries decoded, once the keys that they name were looked for.</summary>
    /// <exception cref="StoreException">One cannot be asked for.</exception>
    public async Task<ClaimedExecution> DecodeAsync(ClaimedExecution claimed, CancellationToken cancellationToken)
    {
        await LoadAsync(PayloadsOf(claimed.Entries), cancellationToken);
        return DecodeWhatCanBe(claimed);
    }

    public ClaimedExecution DecodeWhatCanBe(ClaimedExecution claimed) => claimed with
    {
        Entries = DecodeWhatCanBe(claimed.Row.Id, claimed.Entries),
    };

    /// <summary>Decodes what can be decoded here; the rest stays encoded.</summary>
    public IReadOnlyList<JournalEntry> DecodeWhatCanBe(ExecutionId id, IReadOnlyList<JournalEntry> entries) =>
        entries.Any(IsEncoded) ? [.. entries.Select(entry => DecodeWhatCanBe(id, entry))] : entries;

    private JournalEntry DecodeWhatCanBe(ExecutionId id, JournalEntry entry) => !IsEncoded(entry) ? entry : entry with
    {
        Input = WithoutNone(DecodeWhatCanBe(entry.Input, PayloadPlace.OfInput(id, entry))),
        Output = DecodeWhatCanBe(entry.Output, PayloadPlace.OfOutput(id, entry)),
        Subject = SubjectOf(entry),
    };

    public StepTry DecodeWhatCanBe(ExecutionId id, StepTry row) => row with
    {
        Input = DecodeWhatCanBe(row.Input, PayloadPlace.Of(id, row, "input")),
        Output = DecodeWhatCanBe(row.Output, PayloadPlace.Of(id, row, "output")),
        Failure = DecodeWhatCanBe(row.Failure, PayloadPlace.Of(id, row, "failure")),
    };

    public RefusalRow DecodeWhatCanBe(ExecutionId id, RefusalRow row) => row with
    {
        Difference = DecodeWhatCanBe(row.Difference, PayloadPlace.OfDifference(id, row.Build)),
    };

    /// <remarks>An input that could not be decoded here stays in its place: whoever lacks its key may pause.</remarks>
    /// <exception cref="PayloadException">It would start something with what could not be decoded here.</exception>
    public ScheduleChange Encode(ScheduleChange change, SubjectKey? subject) => change with
    {
        Row = change.Row is { Input.IsEncoded: false } row
            ? row with { Input = codec.Encode(row.Input, PayloadPlace.OfSchedule(row.Name), subject) }
            : change.Row,
        Operations = [.. change.Operations.Select(Encode)],
    };

    /// <summary>A schedule with its input decoded as far as that can be, once its key was looked for.</summary>
    /// <exception cref="StoreException">The key cannot be asked for.</exception>
    public async Task<ScheduleRow> DecodeAsync(ScheduleRow row, CancellationToken cancellationToken)
    {
        await LoadAsync([row.Input], cancellationToken);
        return DecodeWhatCanBe(row);
    }

    public ScheduleRow DecodeWhatCanBe(ScheduleRow row) => !row.Input.IsEncoded ? row : row with
    {
        Input = DecodeWhatCanBe(row.Input, PayloadPlace.OfSchedule(row.Name)),
    };

    /// <summary>
    /// Refuses a journal of which something could not be decoded when it was read; the reason says why.
    /// </summary>
    /// <exception cref="PayloadException">The first payload that cannot be decoded here.</exception>
    public void EnsureDecoded(ExecutionId id, IReadOnlyList<JournalEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (IsEncoded(entries[i]))
            {
                Decode(id, entries[i]);
            }
        }
    }

    /// <summary>Whether a payload of an entry is encoded.</summary>
    public static bool IsEncoded(JournalEntry entry) => entry.Input.IsEncoded || entry.Output.IsEncoded;

    /// <summary>Whether a payload of a try is encoded.</summary>
    public static bool IsEncoded(StepTry row) =>
        row.Input.IsEncoded || row.Output.IsEncoded || row.Failure.IsEncoded;

    /// <summary>Whether an entry cannot be decoded because the key of its subject was destroyed.</summary>
    public bool IsShredded(ExecutionId id, JournalEntry entry) => IsShredded(() => Decode(id, entry));

    /// <summary>Whether a try cannot be decoded because the key of its subject was destroyed.</summary>
    public bool IsShredded(ExecutionId id, StepTry row) => IsShredded(() => Decode(id, row));

    private static bool IsShredded(Action decode)
    {
        try
        {
            decode();
            return false;
        }
        catch (PayloadException e)
        {
            return e.IsShredded;
        }
    }

    /// <summary>Whether a payload that it begins with could not be decoded here.</summary>
    public static bool IsEncoded(StartOperation start) => IsEncoded(start.Input) || start.Prefix.Any(IsEncoded);

    private static Payload WithoutNone(Payload payload) => payload == None ? default : payload;

    private static bool HasPlainInput(JournalEntry entry) => entry.Kind is EntryKind.Sleep or EntryKind.AttemptFailed;

    /// <remarks>That its subject's key was destroyed is for everybody to read: it has nothing of the subject.</remarks>
    private static bool HasPlainOutput(JournalEntry entry) =>
        entry.Kind is EntryKind.Input || (entry.Kind == EntryKind.Terminal && entry.Output == Shredded.Payload);

    /// <summary>The key of the subject whose data an execution has, as the input of its journal tells it.</summary>
    private SubjectKey? SubjectOf(JournalEntry entry)
    {
        if (codec.Subjects is null || entry.Kind != EntryKind.Input || entry.Input.KeyId is not { } key
            || !key.StartsWith(SubjectKeys.Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return codec.Subjects.Find(key);
        }
        catch (PayloadException)
        {
            return null; // Its input stays encoded, which tells why.
        }
    }

    private Payload DecodeWhatCanBe(Payload payload, in PayloadPlace place)
    {
        if (!payload.IsEncoded)
        {
            return payload;
        }

        try
        {
            return codec.Decode(payload, place);
        }
        catch (PayloadException)
        {
            return payload;
        }
    }
}
