namespace Hydra.Testing;

/// <summary>What a random sequence asks beside the life of executions: landings, schedules, retention, keys.</summary>
internal sealed partial class ModelWorld
{
    private readonly Dictionary<string, long> _changes = []; // The last applied of each schedule.
    private long _change;

    /// <summary>Lands the result of a step, as a body's own transaction does, or bars it.</summary>
    private async Task LandAsync(ModelSession session, Random random)
    {
        if (session.Beliefs.Count == 0 || !_stores.All(static store => ModelLanding.Of(store) is not null))
        {
            return;
        }

        var belief = session.Beliefs[^random.Next(1, Math.Min(3, session.Beliefs.Count) + 1)];
        var landed = Make.Try(belief.Row, $"step-{random.Next(2)}", 1 + (random.Next(4) / 3), TryPhase.Landed) with
        {
            Output = Make.Text($"{random.Next(3)}"),
            EndedAt = belief.Row.CreatedAt,
        };
        var bars = random.Next(3) == 0;
        var bar = landed with { Output = default, Failure = Make.Failure, EndedAt = null };
        var answer = await _stores.CallAsync(
            session,
            () => bars ? $"bar {bar}" : $"land {landed}",
            async store => bars
                ? $"{await ModelLanding.Of(store)!.BarAsync(session.Id, belief.Row.Id, bar, Token)}"
                : $"{await ModelLanding.Of(store)!.LandAsync(session.Id, belief.Row.Id, landed, Token)}",
            static text => text);
        _reached.Add(bars ? $"bar {answer!.Length > 0}" : $"land {answer}");
    }

    /// <summary>Walks over what has ended and deletes some of it, now and then under another epoch.</summary>
    private async Task DeleteAsync(ModelSession session, Random random)
    {
        if (!_stores.All(static store => store.Retention is not null))
        {
            return;
        }

        var limit = random.Next(1, 5);
        var before = ExecutionId.Create(Now.ToDateTimeOffset().AddDays(1).ToUnixTimeMilliseconds(), 0, 0);
        var ended = await _stores.CallAsync(
            session,
            () => $"ended by {limit}",
            async store => await WalkAsync(store.Retention!, before, limit),
            static rows => string.Join("\n    ", rows));
        var chosen = ended!.Where(_ => random.Next(2) == 0)
            .Select(row => random.Next(4) == 0 ? row with { Epoch = row.Epoch - 1 } : row).ToList();
        var deleted = await _stores.CallAsync(
            session,
            () => $"delete {string.Join("; ", chosen)}",
            store => store.Retention!.DeleteAsync(chosen, Token),
            static ids => string.Join(' ', ids.Order()));
        foreach (var id in deleted!)
        {
            _scan?.Forget(id);
            _reached.Add("deleted");
        }

        _reached.Add($"not deleted {chosen.Count > deleted.Count}");
    }

    private static async Task<List<EndedRow>> WalkAsync(IRetentionStore store, ExecutionId before, int limit)
    {
        var rows = new List<EndedRow>();
        ExecutionId? after = null;
        do
        {
            var page = await store.ListEndedAsync(after, before, limit, Token);
            rows.AddRange(page.Executions);
            after = page.Next;
        }
        while (after is not null);

        return rows;
    }

    /// <summary>Changes a schedule, with starts and cancellations in the same change, or asks for schedules.</summary>
    private async Task ScheduleAsync(ModelSession session, Random random)
    {
        if (!_stores.All(static store => store.Schedules is not null))
        {
            return;
        }

        var name = ModelTexts.Name(random);
        if (random.Next(4) == 0)
        {
            var limit = random.Next(1, 4);
            await _stores.CallAsync(
                session,
                () => $"schedules behind {name}, {limit}",
                async store => string.Join("\n    ", await store.Schedules!.ListAsync(name, limit, Token))
                    + Render(await store.Schedules.ListDueAsync(limit, Token))
                    + $"\n    {await store.Schedules.FindAsync(name, Token)}",
                static text => text);
            return;
        }

        var change = Draw(random.Next(6) == 0 ? ModelTexts.Key(random) : name, random, session);
        if (change is null)
        {
            return;
        }

        var answer = await _stores.CallAsync(
            session,
            () => $"change {change} with {string.Join("; ", change.Operations)}",
            store => store.Schedules!.ApplyAsync(change, Token),
            answer => $"{answer.IsApplied} {answer.Row}\n    " + (answer.IsApplied
                ? ModelStores.Render(
                    new CommitAnswer(answer.Now, answer.Answers),
                    new CommitBatch(SessionId.None, change.Operations),
                    _started)
                : $"now {answer.Now.Micros}"));
        if (answer is null)
        {
            _reached.Add("change refused");
            return;
        }

        _reached.Add($"change {answer.IsApplied} {(change.Row is null ? "removes" : "writes")}");
        change.Operations.ToList().ForEach(operation => _started.Add(operation.Id));
        if (answer.IsApplied && change.Row is { } row)
        {
            _changes[change.Name] = row.ChangeId;
        }
        else if (answer.IsApplied)
        {
            _changes.Remove(change.Name);
        }
    }

    private ScheduleChange? Draw(string name, Random random, ModelSession session)
    {
        long? known = _changes.TryGetValue(name, out var last) ? last : null;
        var removes = random.Next(5) == 0;
        if (removes && known is null)
        {
            return null; // A removal expects a change.
        }

        var operations = new List<StoreOperation>();
        for (var count = random.Next(3); count > 0; count--)
        {
            var action = removes || random.Next(2) == 0 ? ModelAction.Cancel : ModelAction.Start;
            operations.AddRange(_draw.Operations(action, random, session).Select(static operation =>
                operation is StartOperation start ? start with { Owner = SessionId.None } : operation));
        }

        var paused = random.Next(4) == 0;
        return new ScheduleChange
        {
            Name = name,
            ExpectedChange = random.Next(5) == 0 ? 1_000_000 + random.Next(10) : known,
            Operations = operations,
            Row = removes ? null : new ScheduleRow
            {
                Name = name,
                Workflow = "order",
                ChangeId = ++_change,
                DueAt = paused ? Instant.Never : Now.Plus(ModelDraw.Pick(random, ModelDraw.Spans)),
                Paused = paused,
                Definition = Make.Text($"{random.Next(3)}"),
                Progress = random.Next(2) == 0 ? default : Make.Text($"{random.Next(3)}"),
                Input = Make.Text($"{random.Next(3)}"),
            },
        };
    }

    /// <summary>Finds, adds, wraps anew or destroys the key of a subject.</summary>
    private async Task KeyAsync(ModelSession session, Random random)
    {
        if (!_stores.All(static store => store.SubjectKeys is not null))
        {
            return;
        }

        var (id, what) = ($"subject-{random.Next(2)}", random.Next(6));
        var (wrapped, expected) = ($"wrapped-{random.Next(2)}", $"wrapped-{random.Next(2)}");
        var answer = await _stores.CallAsync(
            session,
            () => $"key {id} {what} {wrapped}",
            async store => what switch
            {
                0 => $"destroyed {await store.SubjectKeys!.DestroyAsync(id, Token)}",
                1 => await store.SubjectKeys!.FindAsync(id, Token) is { } found ? $"found True {found}" : "found False",
                2 => $"listed {string.Join(' ', await store.SubjectKeys!.ListAsync(id, 2, Token))}",
                3 => $"replaced {await store.SubjectKeys!.ReplaceAsync(id, expected, wrapped, Token)}",
                _ => $"added {await store.SubjectKeys!.AddAsync(id, wrapped, Token)}",
            },
            static text => text);
        _reached.Add($"key {string.Join(' ', answer!.Split(' ').Take(what is 0 or 1 or 3 ? 2 : 1))}");
    }

    private static string Render(DueSchedules due) =>
        $"\n    {due.Now.Micros} next {due.NextDue.Micros}: "
        + string.Join(' ', due.Schedules.Select(static one => one.Name));
}
