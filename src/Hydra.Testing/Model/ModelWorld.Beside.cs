namespace Hydra.Testing;

/// <summary>What a random sequence asks beside the life of executions: landings, schedules, retention, keys.</summary>
internal sealed partial class ModelWorld
{
    private readonly ModelSchedules _schedules;

    /// <summary>Lands the result of a step, as a body's own transaction does, or bars it.</summary>
    private async Task LandAsync(ModelSession session, Random random)
    {
        if (session.Beliefs.Count == 0 || !_stores.All(static store => ModelLanding.Of(store) is not null))
        {
            return;
        }

        var (id, landed, bar) = ModelLanding.Draw(random, session);
        var answer = await _stores.CallAsync(
            session,
            () => bar is not null ? $"bar {bar}" : $"land {landed}",
            async store => bar is not null
                ? $"{await ModelLanding.Of(store)!.BarAsync(session.Id, id, bar, Token)}"
                : $"{await ModelLanding.Of(store)!.LandAsync(session.Id, id, landed, Token)}",
            static text => text);
        _reached.Add(bar is not null ? $"bar {answer!.Length > 0}" : $"land {answer}");
    }

    /// <summary>Walks over what has ended and deletes some of it, now and then under another epoch.</summary>
    private async Task DeleteAsync(ModelSession session, Random random)
    {
        if (!_stores.All(static store => store.Retention is not null))
        {
            return;
        }

        var limit = random.Next(1, 5);
        var ended = await _stores.CallAsync(
            session,
            () => $"ended by {limit}",
            store => ModelRetention.WalkAsync(store.Retention!, Now, limit),
            static rows => string.Join("\n    ", rows));
        var chosen = ModelRetention.Choose(random, ended!);
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
                async store => await ModelSchedules.ListAsync(store.Schedules!, name, limit)
                    + $"\n    {await ModelSchedules.ListDueAsync(store.Schedules!, limit)}"
                    + $"\n    {await store.Schedules!.FindAsync(name, Token)}",
                static text => text);
            return;
        }

        var changed = random.Next(6) == 0 ? ModelTexts.Key(random) : name;
        if (_schedules.Draw(changed, random, session, Now) is not { } change)
        {
            return;
        }

        var answer = await _stores.CallAsync(
            session,
            () => ModelSchedules.Describe(change),
            store => store.Schedules!.ApplyAsync(change, Token),
            answer => ModelSchedules.Render(answer, change, _started));
        if (answer is null)
        {
            _reached.Add("change refused");
            return;
        }

        _reached.Add($"change {answer.IsApplied} {(change.Row is null ? "removes" : "writes")}");
        change.Operations.ToList().ForEach(operation => _started.Add(operation.Id));
        _schedules.Learn(change, answer);
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
}
