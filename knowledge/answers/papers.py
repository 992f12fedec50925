"""The checklist: papers always wanted first, then those of each case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from knowledge.answers.parts import Context, Part, listing, text, unknown
from knowledge.answers.wording import decapitalised
from knowledge.models import Paper
from knowledge.reply import Block

_PROXY_WORDS = ("ủy quyền", "uỷ quyền", "làm thay", "nhờ người")


def documents(context: Context) -> Part:
    """Compose the papers to bring, grouped by case."""
    version = context.version
    if not version.papers_known:
        return unknown(context, "documents.none")
    if not version.papers:
        return Part((text(context.texts("documents.empty", name=context.name)),))
    blocks: list[Block] = [text(context.texts("documents.title", name=context.name))]
    for case, papers in _by_case(version.papers).items():
        if case:
            key = "documents.case" if "" in _by_case(version.papers) else "documents.case_only"
            blocks.append(text(context.texts(key, case=condition(context, case))))
        blocks.append(checklist(context, papers))
    return Part(tuple(blocks))


def checklist(context: Context, papers: Sequence[Paper]) -> Block:
    """Return papers as a numbered list, each with how many and in which form."""
    return listing([_line(context, paper) for paper in papers], ordered=True)


def condition(context: Context, case: str) -> str:
    """Return the case as the start of a sentence: "Nếu …" unless it begins like one already."""
    opened = case.lower().startswith(tuple(context.texts.get("documents.conjunctions")))
    return case[:1].upper() + case[1:] if opened else context.texts("documents.if", case=decapitalised(case))


def _by_case(papers: list[Paper]) -> dict[str, list[Paper]]:
    groups: dict[str, list[Paper]] = defaultdict(list)
    for paper in sorted(papers, key=lambda paper: bool(paper.case_name)):
        groups[paper.case_name].append(paper)
    return groups


def _line(context: Context, paper: Paper) -> tuple[str, str]:
    texts = context.texts
    name = paper.name.rstrip(". ;")
    form = (
        f" ({texts('documents.form', form=_form_number(paper.form))})" if paper.form and paper.form not in name else ""
    )
    remarks = [paper.note.rstrip(".")] if paper.note else []
    if paper.replaced_by_data:
        remarks.append(texts("documents.replaced"))
    tail = f" – {'; '.join(decapitalised(remark) for remark in remarks)}" if remarks else ""
    return f"{name}{form}{tail}", _badge(context, paper)


def _form_number(form: str) -> str:
    return form[4:].strip() if form.lower().startswith("mẫu ") else form


def _badge(context: Context, paper: Paper) -> str:
    texts = context.texts
    if paper.present:
        return texts("documents.present")
    counts = []
    if paper.originals:
        key = "documents.original" if paper.originals == 1 else "documents.originals"
        counts.append(texts(key, count=paper.originals))
    if paper.copies:
        key = "documents.copy" if paper.copies == 1 else "documents.copies"
        counts.append(texts(key, count=paper.copies))
    return " + ".join(counts)


def forms(context: Context) -> Part:
    """Compose which official forms are used."""
    filled = [paper for paper in context.version.papers if paper.form]
    if not filled:
        return unknown(context, "forms.none")
    items = [(f"{paper.form}: {decapitalised(paper.name.rstrip('. ;'))}", "") for paper in filled]
    return Part(
        (text(context.texts("forms.title", name=context.name)), listing(items), text(context.texts("forms.hint")))
    )


def replaced_papers(context: Context) -> Part:
    """Compose which papers data replaces."""
    replaced = [paper for paper in context.version.papers if paper.replaced_by_data]
    if not replaced:
        return unknown(context, "replaced_papers.none")
    title = text(context.texts("replaced_papers.title"))
    return Part((title, listing([(paper.name.rstrip(". ;"), "") for paper in replaced])))


def who(context: Context) -> Part:
    """Compose what is wanted when somebody else hands the dossier in."""
    proxy = [paper for paper in context.version.papers if speaks_of_proxy(paper)]
    if not proxy:
        return unknown(context, "who.none")
    return Part((text(context.texts("who.title")), listing([_line(context, paper) for paper in proxy])))


def speaks_of_proxy(paper: Paper) -> bool:
    """Tell whether a paper is about somebody else handing the dossier in."""
    said = f"{paper.name} {paper.case_name} {paper.note}".lower()
    return any(word in said for word in _PROXY_WORDS)
