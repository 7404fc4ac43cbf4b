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
    public PayloadCodec Payloads => codec;

    /// <summary>Whether anything is written otherwise than it was serialized.</summary>
    public bool Writes => codec.Writes;

    /// <exception cref="PayloadException">It would start something with what could not be decoded here.</exception>
    public StoreOperation Encode(StoreOperation operation) => operation switch
    {
        StartOperation start when codec.Writes || IsEncoded(start) => Encode(start),
        _ when !codec.Writes => operation,
        AdvanceOperation advance => advance with
        {
            Entries = [.. advance.Entries.Select(entry => EncodeAll(advance.Id, entry))],
            Tries = [.. advance.Tries.Select(row => EncodeAll(advance.Id, row))],
            Settlement = advance.Settlement is Settlement.Refused refused
                ? refused with
                {
                    Difference = codec.Encode(
                        refused.Difference, PayloadPlace.OfDifference(advance.Id, refused.Build)),
                }
                : advance.Settlement,
        },
        CancelOperation cancel => cancel with
        {
            Failure = codec.Encode(cancel.Failure, PayloadPlace.OfEnd(cancel.Id)),
        },
        TerminateOperation terminate => terminate with
        {
            Failure = codec.Encode(terminate.Failure, PayloadPlace.OfEnd(terminate.Id)),
        },
        RetryOperation => operation,
        _ => throw new NotSupportedException($"Nobody has said which payloads a {operation.GetType().Name} has."),
    };

    /// <remarks>What is encoded for one execution is not written to another, also by whoever encodes nothing.</remarks>
    private StartOperation Encode(StartOperation start) => start with
    {
        InputHash = codec.HashOf(start.InputHash, start.Id, start.Key),
        OlderInputHashes = codec.OlderHashesOf(start.InputHash, start.Id, start.Key),
        Input = EncodeAll(start.Id, start.Input),
        Prefix = [.. start.Prefix.Select(entry => EncodeAll(start.Id, entry))],
    };

    private JournalEntry EncodeAll(ExecutionId id, JournalEntry entry) => entry with
    {
        Input = HasPlainInput(entry) ? entry.Input : codec.Encode(entry.Input, PayloadPlace.OfInput(id, entry)),
        Output = HasPlainOutput(entry) ? entry.Output : codec.Encode(entry.Output, PayloadPlace.OfOutput(id, entry)),
    };

    private StepTry EncodeAll(ExecutionId id, StepTry row) => row with
    {
        Input = codec.Encode(row.Input, PayloadPlace.Of(id, row, "input")),
        Output = codec.Encode(row.Output, PayloadPlace.Of(id, row, "output")),
        Failure = codec.Encode(row.Failure, PayloadPlace.Of(id, row, "failure")),
    };

    /// <exception cref="PayloadException">One of its payloads cannot be decoded here.</exception>
    public JournalEntry Decode(ExecutionId id, JournalEntry entry) => !IsEncoded(entry) ? entry : entry with
    {
        Input = codec.Decode(entry.Input, PayloadPlace.OfInput(id, entry)),
        Output = codec.Decode(entry.Output, PayloadPlace.OfOutput(id, entry)),
    };

    /// <exception cref="PayloadException">One of its payloads cannot be decoded here.</exception>
    public StepTry Decode(ExecutionId id, StepTry row) =>
        !row.Input.IsEncoded && !row.Output.IsEncoded && !row.Failure.IsEncoded ? row : row with
        {
            Input = codec.Decode(row.Input, PayloadPlace.Of(id, row, "input")),
            Output = codec.Decode(row.Output, PayloadPlace.Of(id, row, "output")),
            Failure = codec.Decode(row.Failure, PayloadPlace.Of(id, row, "failure")),
        };

    /// <summary>Encodes what is written; what is plain comes back as it was where nothing is to be encoded.</summary>
    public StepTry Encode(ExecutionId id, StepTry row) => !codec.Writes ? row : EncodeAll(id, row);

    /// <summary>Decodes what can be decoded here; the rest stays encoded.</summary>
    public IReadOnlyList<JournalEntry> DecodeWhatCanBe(ExecutionId id, IReadOnlyList<JournalEntry> entries) =>
        entries.Any(IsEncoded) ? [.. entries.Select(entry => DecodeWhatCanBe(id, entry))] : entries;

    private JournalEntry DecodeWhatCanBe(ExecutionId id, JournalEntry entry) => !IsEncoded(entry) ? entry : entry with
    {
        Input = DecodeWhatCanBe(entry.Input, PayloadPlace.OfInput(id, entry)),
        Output = DecodeWhatCanBe(entry.Output, PayloadPlace.OfOutput(id, entry)),
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
    public ScheduleChange Encode(ScheduleChange change) => change with
    {
        Row = change.Row is { Input.IsEncoded: false } row
            ? row with { Input = codec.Encode(row.Input, PayloadPlace.OfSchedule(row.Name)) }
            : change.Row,
        Operations = [.. change.Operations.Select(Encode)],
    };

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

    /// <summary>Whether a payload that it begins with could not be decoded here.</summary>
    public static bool IsEncoded(StartOperation start) => IsEncoded(start.Input) || start.Prefix.Any(IsEncoded);

    private static bool HasPlainInput(JournalEntry entry) => entry.Kind is EntryKind.Sleep or EntryKind.AttemptFailed;

    private static bool HasPlainOutput(JournalEntry entry) => entry.Kind is EntryKind.Input;

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
